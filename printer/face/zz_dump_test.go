package face_test
import ("testing";"os";"fmt";"github.com/chipid-toolkit/chipid/printer/face")
func TestZZ(t *testing.T){
 for _,p:=range layouts(t) { for i,d:=range everybody(t,p) { if i!=0&&i!=8&&i!=7 {continue}
  f,err:=face.Render(p,d); if err!=nil {t.Error(p.ID,err);continue}
  for _,s:=range sides { o,_:=os.Create(fmt.Sprintf("/tmp/cards/%s-%d-%s.png",p.ID,i,s)); f.WritePNG(o,s); o.Close() } } } }
