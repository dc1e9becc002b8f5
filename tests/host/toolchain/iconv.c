/* SPDX-License-Identifier: MIT */
/* CVE-2025-26519: no pair of EUC-KR bytes may move iconv's output backwards, and none may write
 * outside of the output. Pairs that are known are still converted. */
#include <iconv.h>
#include <stdio.h>
#include <string.h>

static int bad, converted;

static void try_pair(iconv_t cd, int first, int second)
{
	char in[2] = { (char)first, (char)second }, out[32];
	char *from = in, *to = out + 8;
	size_t in_left = 2, out_left = 8;

	memset(out, 0x55, sizeof(out));
	iconv(cd, NULL, NULL, NULL, NULL);
	size_t result = iconv(cd, &from, &in_left, &to, &out_left);
	converted += result == 0;
	if (to < out + 8 || to > out + 16 || out_left != (size_t)(out + 16 - to))
		bad++;
	for (size_t i = 0; i < sizeof(out); i++)
		if ((i < 8 || i >= 16) && out[i] != 0x55)
			bad++;
}

int main(void)
{
	iconv_t cd = iconv_open("UTF-8", "EUC-KR");
	char in[2] = "\xb0\xa1", out[8] = "";
	char *from = in, *to = out;
	size_t in_left = 2, out_left = sizeof(out);

	for (int first = 0; first < 256; first++)
		for (int second = 0; second < 256; second++)
			try_pair(cd, first, second);
	iconv(cd, NULL, NULL, NULL, NULL);
	iconv(cd, &from, &in_left, &to, &out_left);
	printf("bad %d hangul %d many %d\n", bad, !strcmp(out, "\xea\xb0\x80"), converted > 8000);
	return 0;
}
