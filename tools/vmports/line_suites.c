#include "tools/vmports/line_suites.h"

#include <stdio.h>
#include <string.h>

static const struct {
    uint16_t suite;
    const char *name;
} names[] = {
    /* sorted */
    {0x0000, "NULL-NULL"},
    {0x0001, "NULL-MD5"},
    {0x0002, "NULL-SHA"},
    {0x0004, "RC4-MD5"},
    {0x0005, "RC4-SHA"},
    {0x0009, "DES-CBC-SHA"},
    {0x000a, "DES-CBC3-SHA"},
    {0x0016, "DHE-RSA-DES-CBC3-SHA"},
    {0x002f, "AES128-SHA"},
    {0x0032, "DHE-DSS-AES128-SHA"},
    {0x0033, "DHE-RSA-AES128-SHA"},
    {0x0034, "ADH-AES128-SHA"},
    {0x0035, "AES256-SHA"},
    {0x0038, "DHE-DSS-AES256-SHA"},
    {0x0039, "DHE-RSA-AES256-SHA"},
    {0x003a, "ADH-AES256-SHA"},
    {0x003b, "NULL-SHA256"},
    {0x003c, "AES128-SHA256"},
    {0x003d, "AES256-SHA256"},
    {0x0040, "DHE-DSS-AES128-SHA256"},
    {0x0067, "DHE-RSA-AES128-SHA256"},
    {0x006a, "DHE-DSS-AES256-SHA256"},
    {0x006b, "DHE-RSA-AES256-SHA256"},
    {0x006c, "ADH-AES128-SHA256"},
    {0x006d, "ADH-AES256-SHA256"},
    {0x009c, "AES128-GCM-SHA256"},
    {0x009d, "AES256-GCM-SHA384"},
    {0x009e, "DHE-RSA-AES128-GCM-SHA256"},
    {0x009f, "DHE-RSA-AES256-GCM-SHA384"},
    {0x00a2, "DHE-DSS-AES128-GCM-SHA256"},
    {0x00a3, "DHE-DSS-AES256-GCM-SHA384"},
    {0x00a6, "ADH-AES128-GCM-SHA256"},
    {0x00a7, "ADH-AES256-GCM-SHA384"},
    {0x1301, "TLS_AES_128_GCM_SHA256"},
    {0x1302, "TLS_AES_256_GCM_SHA384"},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
    {0xc006, "ECDHE-ECDSA-NULL-SHA"},
    {0xc009, "ECDHE-ECDSA-AES128-SHA"},
    {0xc00a, "ECDHE-ECDSA-AES256-SHA"},
    {0xc010, "ECDHE-RSA-NULL-SHA"},
    {0xc012, "ECDHE-RSA-DES-CBC3-SHA"},
    {0xc013, "ECDHE-RSA-AES128-SHA"},
    {0xc014, "ECDHE-RSA-AES256-SHA"},
    {0xc015, "AECDH-NULL-SHA"},
    {0xc018, "AECDH-AES128-SHA"},
    {0xc019, "AECDH-AES256-SHA"},
    {0xc023, "ECDHE-ECDSA-AES128-SHA256"},
    {0xc024, "ECDHE-ECDSA-AES256-SHA384"},
    {0xc027, "ECDHE-RSA-AES128-SHA256"},
    {0xc028, "ECDHE-RSA-AES256-SHA384"},
    {0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {0xc02f, "ECDHE-RSA-AES128-GCM-SHA256"},
    {0xc030, "ECDHE-RSA-AES256-GCM-SHA384"},
    {0xc09c, "AES128-CCM"},
    {0xc09d, "AES256-CCM"},
    {0xc09e, "DHE-RSA-AES128-CCM"},
    {0xc09f, "DHE-RSA-AES256-CCM"},
    {0xc0a0, "AES128-CCM8"},
    {0xc0a1, "AES256-CCM8"},
    {0xc0a2, "DHE-RSA-AES128-CCM8"},
    {0xc0a3, "DHE-RSA-AES256-CCM8"},
    {0xc0ac, "ECDHE-ECDSA-AES128-CCM"},
    {0xc0ad, "ECDHE-ECDSA-AES256-CCM"},
    {0xc0ae, "ECDHE-ECDSA-AES128-CCM8"},
    {0xc0af, "ECDHE-ECDSA-AES256-CCM8"},
    {0xc0b4, "TLS_SHA256_SHA256"},
    {0xc0b5, "TLS_SHA384_SHA384"},
    {0xcca8, "ECDHE-RSA-CHACHA20-POLY1305"},
    {0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {0xccaa, "DHE-RSA-CHACHA20-POLY1305"},
};

static const char *find(uint16_t suite)
{
    size_t lo = 0, hi = sizeof names / sizeof names[0];

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (names[mid].suite == suite)
            return names[mid].name;
        if (names[mid].suite < suite)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

const char *line_suite_name(uint16_t suite, char *out, size_t cap)
{
    const char *name = find(suite);

    if (name)
        snprintf(out, cap, "%s", name);
    else
        snprintf(out, cap, "0x%04X", suite);
    return out;
}

bool line_suite_is_null(uint16_t suite)
{
    const char *name = find(suite);

    /* RFC 9150's two suites of TLS 1.3 do not say it in their names. */
    return suite == 0xc0b4 || suite == 0xc0b5 || (name && strstr(name, "NULL"));
}
