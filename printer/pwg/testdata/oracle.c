/* libcups reads and writes PWG raster here, to be compared with what we do.
 * oracle read IN            header fields, then the bytes of each page
 * oracle write OUT TYPE W H a page of TYPE (srgb_8, sgray_8, black_1, black_8) */
#include <cups/cups.h>
#include <cups/pwg.h>
#include <cups/raster.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned char pattern(unsigned y, unsigned i) {
  if (y % 7 < 3) return 0x55;               /* lines that repeat */
  if (i % 40 < 25) return (unsigned char)y; /* runs */
  return (unsigned char)(i * 31 + y * 17);  /* none */
}

int main(int argc, char **argv) {
  cups_page_header2_t h;
  if (argc == 3 && !strcmp(argv[1], "read")) {
    int fd = open(argv[2], O_RDONLY);
    cups_raster_t *r = cupsRasterOpen(fd, CUPS_RASTER_READ);
    if (!r) return 3;
    while (cupsRasterReadHeader2(r, &h)) {
      printf("%s %u %u %u %u %u %u %u %s %u %u %u %d %d\n", h.MediaClass, h.HWResolution[0], h.HWResolution[1], h.cupsWidth, h.cupsHeight,
             h.cupsBitsPerPixel, h.cupsColorSpace, h.cupsNumColors, h.cupsPageSizeName, h.Duplex, h.Tumble, h.cupsInteger[0],
             (int)h.cupsInteger[1], (int)h.cupsInteger[2]);
      unsigned char *line = malloc(h.cupsBytesPerLine);
      for (unsigned y = 0; y < h.cupsHeight; y++) {
        if (cupsRasterReadPixels(r, line, h.cupsBytesPerLine) != h.cupsBytesPerLine) return 4;
        fwrite(line, 1, h.cupsBytesPerLine, stdout);
      }
      free(line);
    }
    cupsRasterClose(r);
    return 0;
  }
  if (argc == 6 && !strcmp(argv[1], "write")) {
    unsigned w = atoi(argv[4]), n = atoi(argv[5]);
    int fd = open(argv[2], O_CREAT | O_TRUNC | O_WRONLY, 0600);
    cups_raster_t *r = cupsRasterOpen(fd, CUPS_RASTER_WRITE_PWG);
    if (!r || !cupsRasterInitPWGHeader(&h, pwgMediaForPWG("om_card_54x86mm"), argv[3], 300, 300, "two-sided-short-edge", "flipped")) return 3;
    h.cupsWidth = w;
    h.cupsHeight = n;
    h.cupsBytesPerLine = (w * h.cupsBitsPerPixel + 7) / 8;
    if (!cupsRasterWriteHeader2(r, &h)) return 4;
    unsigned char *line = malloc(h.cupsBytesPerLine);
    for (unsigned y = 0; y < n; y++) {
      for (unsigned i = 0; i < h.cupsBytesPerLine; i++) line[i] = pattern(y, i);
      if (cupsRasterWritePixels(r, line, h.cupsBytesPerLine) != h.cupsBytesPerLine) return 5;
    }
    cupsRasterClose(r);
    return 0;
  }
  return 2;
}
