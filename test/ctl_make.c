/* Makes a signed CTL for the shell tests:
 *   ctl_make OUT KEY.pem SIGNER.pem DIGEST-ID TIMESTAMP ROLE:NAME:IPv4:CERT.pem...
 * with "-" for no name, no address, no certificate. */
#include "ctl/build.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 32

static uint8_t addresses[RECORDS][4];

static X509 *read_cert(const char *path)
{
    FILE *f = fopen(path, "r");
    X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

    if (f)
        fclose(f);
    return cert;
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *f = fopen(path, "r");
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

    if (f)
        fclose(f);
    return key;
}

static bool read_record(char *text, struct ctl_build_record *r, uint8_t *address)
{
    char *role = strtok(text, ":"), *name = strtok(NULL, ":"), *ip = strtok(NULL, ":");
    char *cert = strtok(NULL, "");

    if (!role || !name || !ip || !cert)
        return false;
    *r = (struct ctl_build_record){.role = (uint16_t)atoi(role)};
    if (strcmp(name, "-") != 0)
        r->dns_name = name;
    if (strcmp(ip, "-") != 0) {
        if (inet_pton(AF_INET, ip, address) != 1)
            return false;
        r->address = address;
        r->address_len = 4;
    }
    if (strcmp(cert, "-") == 0)
        return true;
    r->cert = read_cert(cert);
    return r->cert != NULL;
}

static bool write_list(const char *path, const struct ctl_build *b)
{
    struct buf out = {0};
    struct err e = {.kind = ERR_NONE};
    FILE *f = fopen(path, "wb");
    bool ok = f && ctl_build(b, &out, &e) && fwrite(out.at, 1, out.len, f) == out.len;

    if (f && fclose(f) != 0)
        ok = false;
    if (!ok)
        fprintf(stderr, "ctl_make: %s: %s\n", path, e.text);
    buf_free(&out);
    return ok;
}

int main(int argc, char **argv)
{
    struct ctl_build_record records[RECORDS] = {0};
    struct ctl_build b = {.records = records};

    if (argc < 7 || argc - 6 > RECORDS) {
        fprintf(stderr, "ctl_make: see the top of ctl_make.c\n");
        return 2;
    }
    b.key = read_key(argv[2]);
    b.signer = read_cert(argv[3]);
    b.digest = (enum ctl_digest)atoi(argv[4]);
    b.timestamp = (uint32_t)strtoul(argv[5], NULL, 10);
    bool ok = b.key && b.signer;
    for (int i = 6; ok && i < argc; i++, b.count++)
        ok = read_record(argv[i], &records[b.count], addresses[b.count]);
    if (!ok)
        fprintf(stderr, "ctl_make: a key, certificate or record cannot be read\n");
    ok = ok && write_list(argv[1], &b);
    for (size_t i = 0; i < RECORDS; i++)
        X509_free(records[i].cert);
    X509_free(b.signer);
    EVP_PKEY_free(b.key);
    return ok ? 0 : 1;
}
