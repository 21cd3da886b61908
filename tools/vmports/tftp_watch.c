#include "tools/vmports/tftp_watch.h"

#include "base/text.h"
#include "base/wire.h"

#include <openssl/evp.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum opcode { OP_RRQ = 1, OP_WRQ = 2, OP_DATA = 3, OP_ACK = 4, OP_ERROR = 5, OP_OACK = 6 };

#define BLOCK_SIZE_USUAL 512
#define BLOCK_SIZE_MOST  65464 /* RFC 2348 */

struct watched {
    struct tftp_transfer facts; /* the tree's key is facts.client, with the server's address */
    uint16_t block;             /* the last block in sequence */
    EVP_MD_CTX *md5, *sha256;
};

struct tftp_watch {
    void *by_client;
    struct watched **all;
    size_t count, room;
    uint64_t unjudged;
};

struct tftp_watch *tftp_watch_new(struct err *e)
{
    struct tftp_watch *w = calloc(1, sizeof *w);

    if (!w)
        err_set(e, ERR_MEMORY, "no memory for transfers");
    return w;
}

static void end_digests(struct watched *t)
{
    EVP_MD_CTX_free(t->md5);
    EVP_MD_CTX_free(t->sha256);
    t->md5 = t->sha256 = NULL;
}

/* The tree's nodes hold pointers to the newest entry of a client; `all` owns the entries. */
static void free_node(void *node)
{
    free(node);
}

struct node {
    struct net_addr client, server; /* the server without its port */
    struct watched *entry;
};

void tftp_watch_free(struct tftp_watch *w)
{
    if (!w)
        return;
    tdestroy(w->by_client, free_node);
    for (size_t i = 0; i < w->count; i++) {
        end_digests(w->all[i]);
        free(w->all[i]);
    }
    free(w->all);
    free(w);
}

size_t tftp_watch_count(const struct tftp_watch *w)
{
    return w->count;
}

const struct tftp_transfer *tftp_watch_at(const struct tftp_watch *w, size_t i)
{
    return &w->all[i]->facts;
}

uint64_t tftp_watch_unjudged(const struct tftp_watch *w)
{
    return w->unjudged;
}

/* ---- who belongs to whom --------------------------------------------------------------------- */

static int compare_nodes(const void *left, const void *right)
{
    const struct node *a = left, *b = right;
    int d = memcmp(a->client.ip, b->client.ip, sizeof a->client.ip);

    if (d == 0)
        d = memcmp(a->server.ip, b->server.ip, sizeof a->server.ip);
    return d ? d : (a->client.port > b->client.port) - (a->client.port < b->client.port);
}

static struct node *find_node(struct tftp_watch *w, const struct net_addr *client,
                              const struct net_addr *server)
{
    struct node key = {.client = *client, .server = *server};
    struct node *const *found = tfind(&key, &w->by_client, compare_nodes);

    return found ? *found : NULL;
}

static struct node *add_node(struct tftp_watch *w, const struct packet *p)
{
    struct node *n = calloc(1, sizeof *n);

    if (!n)
        return NULL;
    n->client = p->src;
    n->server = p->dst;
    if (!tsearch(n, &w->by_client, compare_nodes)) {
        free(n);
        return NULL;
    }
    return n;
}

static struct watched *new_entry(struct tftp_watch *w)
{
    if (w->count == TFTP_TRANSFERS_MAX)
        return NULL;
    if (w->count == w->room) {
        size_t room = w->room ? w->room * 2 : 16;
        struct watched **all = realloc(w->all, room * sizeof *all);
        if (!all)
            return NULL;
        w->all = all;
        w->room = room;
    }
    struct watched *t = calloc(1, sizeof *t);
    if (t)
        w->all[w->count++] = t;
    return t;
}

/* ---- requests -------------------------------------------------------------------------------- */

/* The next NUL-terminated text, or NULL. */
static const char *take_text(struct wire_reader *r)
{
    const uint8_t *end = wire_left(r) ? memchr(r->at, 0, wire_left(r)) : NULL;

    return end ? (const char *)wire_take(r, (size_t)(end - r->at) + 1) : NULL;
}

struct request {
    bool write;
    const char *file;
};

/* Strict, since it is looked for on every port: a printable name and one of TFTP's three modes. */
static bool read_request(struct request *out, const struct packet *p)
{
    struct wire_reader r = wire_read_from(p->payload, p->len);
    uint16_t op = wire_u16be(&r);

    if (op != OP_RRQ && op != OP_WRQ)
        return false;
    out->write = op == OP_WRQ;
    out->file = take_text(&r);
    const char *mode = out->file ? take_text(&r) : NULL;
    if (!mode || !*out->file)
        return false;
    for (const char *c = out->file; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return strcasecmp(mode, "octet") == 0 || strcasecmp(mode, "netascii") == 0 ||
           strcasecmp(mode, "mail") == 0;
}

static void copy_text(char *out, size_t cap, const char *text)
{
    log_escape(text, strnlen(text, TFTP_NAME_MAX), out, cap);
}

static bool start_digests(struct watched *t)
{
    t->md5 = EVP_MD_CTX_new();
    t->sha256 = EVP_MD_CTX_new();
    return t->md5 && t->sha256 && EVP_DigestInit_ex(t->md5, EVP_md5(), NULL) == 1 &&
           EVP_DigestInit_ex(t->sha256, EVP_sha256(), NULL) == 1;
}

static bool begin(struct tftp_watch *w, const struct packet *p, const struct request *q)
{
    char file[sizeof((struct tftp_transfer *)0)->file];
    struct node *n = find_node(w, &p->src, &p->dst);
    struct tftp_transfer *last = n && n->entry ? &n->entry->facts : NULL;

    copy_text(file, sizeof file, q->file);
    if (last && last->server_tid == 0 && last->error < 0 && strcmp(last->file, file) == 0) {
        last->requests++;
        last->last_us = p->time_us;
        return true;
    }
    struct watched *t = new_entry(w);
    if (!t || (!n && !(n = add_node(w, p)))) {
        w->unjudged++;
        return true;
    }
    t->facts = (struct tftp_transfer){.client = p->src,
                                      .server = p->dst,
                                      .write = q->write,
                                      .error = -1,
                                      .tsize = -1,
                                      .block_size = BLOCK_SIZE_USUAL,
                                      .requests = 1,
                                      .first_us = p->time_us,
                                      .last_us = p->time_us};
    memcpy(t->facts.file, file, sizeof file);
    if (!start_digests(t))
        t->facts.gap = true;
    n->entry = t;
    return true;
}

/* ---- the transfer ---------------------------------------------------------------------------- */

static void end_well(struct watched *t)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    t->facts.done = !t->facts.gap;
    if (t->facts.done && EVP_DigestFinal_ex(t->md5, digest, &n) == 1)
        text_hex(digest, n, t->facts.md5, sizeof t->facts.md5);
    if (t->facts.done && EVP_DigestFinal_ex(t->sha256, digest, &n) == 1)
        text_hex(digest, n, t->facts.sha256, sizeof t->facts.sha256);
    end_digests(t);
}

static void add_block(struct watched *t, const uint8_t *bytes, size_t len)
{
    if (!t->md5 || !t->sha256 || EVP_DigestUpdate(t->md5, bytes, len) != 1 ||
        EVP_DigestUpdate(t->sha256, bytes, len) != 1)
        t->facts.gap = true;
    t->facts.bytes += len;
}

static void on_data(struct watched *t, const struct packet *p, struct wire_reader *r)
{
    uint16_t block = wire_u16be(r);
    size_t len = wire_left(r);

    if (r->bad || t->facts.done)
        return;
    uint16_t ahead = (uint16_t)(block - t->block);
    if (ahead == 0 || ahead > 0x8000) {
        t->facts.repeated++;
        return;
    }
    if (ahead > 1 || p->missing)
        t->facts.gap = true;
    t->block = block;
    add_block(t, r->at, len);
    if (len + p->missing < t->facts.block_size)
        end_well(t);
}

static void on_ack(struct watched *t, struct wire_reader *r, bool of_client)
{
    uint16_t block = wire_u16be(r);

    if (!r->bad && of_client && !t->facts.write && (uint16_t)(t->block - block - 1) < 0x8000)
        t->facts.repeated++;
}

static void on_option(struct tftp_transfer *f, const char *name, const char *value)
{
    char *end;
    unsigned long long n = strtoull(value, &end, 10);

    if (end == value || *end || n > INT64_MAX)
        return;
    if (strcasecmp(name, "tsize") == 0)
        f->tsize = (int64_t)n;
    else if (strcasecmp(name, "blksize") == 0 && n >= 8 && n <= BLOCK_SIZE_MOST)
        f->block_size = (unsigned)n;
}

static void on_options(struct watched *t, struct wire_reader *r)
{
    t->facts.options = true;
    while (wire_left(r)) {
        const char *name = take_text(r), *value = name ? take_text(r) : NULL;
        if (!value)
            return;
        on_option(&t->facts, name, value);
    }
}

static void on_error(struct watched *t, struct wire_reader *r, bool of_client)
{
    uint16_t code = wire_u16be(r);
    const char *text = take_text(r);

    if (r->bad)
        return;
    t->facts.error = code;
    t->facts.error_by_client = of_client;
    copy_text(t->facts.error_text, sizeof t->facts.error_text, text ? text : "");
    end_digests(t);
}

static void follow(struct watched *t, const struct packet *p, bool of_client)
{
    struct wire_reader r = wire_read_from(p->payload, p->len);
    uint16_t op = wire_u16be(&r);
    struct tftp_transfer *f = &t->facts;
    uint16_t tid = of_client ? p->dst.port : p->src.port;

    if (!of_client && f->server_tid == 0)
        f->server_tid = tid;
    if (tid != f->server_tid) {
        f->strangers++;
        return;
    }
    f->last_us = p->time_us;
    if (op == OP_DATA && of_client == f->write)
        on_data(t, p, &r);
    else if (op == OP_ACK)
        on_ack(t, &r, of_client);
    else if (op == OP_OACK && !of_client)
        on_options(t, &r);
    else if (op == OP_ERROR)
        on_error(t, &r, of_client);
}

static bool is_tftp(const struct packet *p)
{
    return p->len >= 4 && p->payload[0] == 0 && p->payload[1] >= OP_DATA &&
           p->payload[1] <= OP_OACK;
}

bool tftp_watch_feed(struct tftp_watch *w, const struct packet *p)
{
    struct request q;

    if (read_request(&q, p))
        return begin(w, p, &q);
    if (!is_tftp(p))
        return false;
    struct node *n = find_node(w, &p->dst, &p->src);
    bool of_client = !n;
    if (of_client)
        n = find_node(w, &p->src, &p->dst);
    if (n && n->entry)
        follow(n->entry, p, of_client);
    return n != NULL;
}
