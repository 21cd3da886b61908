/* EDGE: TFTP by libcurl, which CUC uses too: its result code is the res= of CUC's log.
 *
 * What libcurl 7.88 does by itself: asks with tsize=0, blksize=512 and timeout; takes OACK or DATA
 * 1; repeats an unanswered packet evenly, a third of its connect time-out apart (measured: 15 s
 * make 0, 6, 12 s and an end after 18; later packets every 6 s). The rule of 3.4 is RRQ after 1, 2,
 * 4, 8 s, four attempts for each packet, 30 s in all. So rrq.h repeats the request after 1 and 3 s,
 * libcurl after 6 to 7 and after 13 to 14, and we end it at 15; later packets keep libcurl's
 * spacing, which makes five attempts within the 30 s. It takes DATA from any port of
 * any host, where 3.1 wants the first answer's alone: tid.h sends the others away. Should one slip
 * in all the same, it is found by the list's signature. */
#include "ctl/fetch.h"

#include "base/clock.h"
#include "base/text.h"
#include "ctl/inside.h"
#include "ctl/rrq.h"
#include "ctl/tid.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define TFTP_PORT    69
#define TOTAL_S      30
#define ANSWER_S     15 /* 1 + 2 + 4 + 8 */
#define CONNECT_S    19 /* a third of it: libcurl's repeat */
#define REPEAT_S     6  /* what it then asks for as timeout */
#define STOP_LOOK_MS 100
#define BLOCK        512
#define PLACE_TEXT   (TEXT_ESCAPED + 8)
#define SERVER_SAID  "TFTP error: " /* libcurl's debug text in front of an ERROR packet's */

struct transfer {
    const struct ctl_fetch_settings *s;
    const char *file;
    char place[PLACE_TEXT]; /* "10.0.0.1:69" for messages */
    struct buf *out;
    unsigned total_s;
    size_t most;
    bool too_big, server_refused, stopped;
    char said[TEXT_ESCAPED];   /* by the server, in its ERROR packet */
    char why[CURL_ERROR_SIZE]; /* libcurl's own words */
    curl_off_t announced;      /* tsize; -1: none */
    struct tid tid;
    struct rrq rrq;
    struct err *e;
};

static bool is_ipv6(const struct ctl_fetch_server *server)
{
    return strchr(server->host, ':') != NULL;
}

static unsigned port_of(const struct ctl_fetch_server *server)
{
    return server->port ? server->port : TFTP_PORT;
}

static const char *place_text(const struct ctl_fetch_server *server, char *out)
{
    char host[TEXT_ESCAPED];

    log_escape(server->host, strlen(server->host), host, sizeof host);
    if (is_ipv6(server))
        snprintf(out, PLACE_TEXT, "[%s]:%u", host, port_of(server));
    else
        snprintf(out, PLACE_TEXT, "%s:%u", host, port_of(server));
    return out;
}

static size_t on_data(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;

    if (size * n > t->most - t->out->len) {
        t->too_big = true;
        return 0;
    }
    return buf_add(t->out, bytes, size * n, NULL) ? size * n : 0;
}

/* libcurl keeps the text of an ERROR packet to its debug output. */
static int on_debug(CURL *curl, curl_infotype type, char *text, size_t len, void *arg)
{
    struct transfer *t = arg;
    size_t front = strlen(SERVER_SAID);

    (void)curl;
    if (type != CURLINFO_TEXT || len < front || memcmp(text, SERVER_SAID, front) != 0)
        return 0;
    while (len > front && (text[len - 1] == '\n' || text[len - 1] == '\0'))
        len--;
    log_escape(text + front, len - front, t->said, sizeof t->said);
    t->server_refused = true;
    return 0;
}

static bool set_part(CURLU *url, CURLUPart part, const char *text)
{
    return curl_url_set(url, part, text, part == CURLUPART_PATH ? CURLU_URLENCODE : 0) == CURLUE_OK;
}

/* By parts, so that a host or file name cannot become another URL. */
static CURLU *url_of(const struct ctl_fetch_server *server, const char *file)
{
    char host[sizeof server->host + 2], port[12], path[300];
    CURLU *url = curl_url();

    if (is_ipv6(server))
        snprintf(host, sizeof host, "[%s]", server->host);
    else
        snprintf(host, sizeof host, "%s", server->host);
    snprintf(port, sizeof port, "%u", port_of(server));
    snprintf(path, sizeof path, "/%s", file);
    if (url && set_part(url, CURLUPART_SCHEME, "tftp") && set_part(url, CURLUPART_HOST, host) &&
        set_part(url, CURLUPART_PORT, port) && set_part(url, CURLUPART_PATH, path))
        return url;
    curl_url_cleanup(url);
    return NULL;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct transfer *t = arg;

    (void)purpose;
    rrq_asks(&t->rrq, &a->addr, a->addrlen, clock_now_ns());
    return tid_open(&t->tid, a->family, a->socktype, a->protocol);
}

static CURL *handle_of(struct transfer *t, CURLU *url, bool with_options)
{
    CURL *h = curl_easy_init();
    long connect_s = t->total_s < CONNECT_S ? (long)t->total_s : CONNECT_S;

    if (!h)
        return NULL;
    curl_easy_setopt(h, CURLOPT_CURLU, url);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "tftp"); /* nothing else, whatever the URL says */
    curl_easy_setopt(h, CURLOPT_PROXY, "");
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a slow resolver when stopped */
    curl_easy_setopt(h, CURLOPT_TFTP_NO_OPTIONS, with_options ? 0L : 1L);
    curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)t->total_s);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, connect_s);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, t->why);
    curl_easy_setopt(h, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(h, CURLOPT_DEBUGDATA, t);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, t);
    return h;
}

/* A block, the server's address, or its tsize. */
static bool answered(const struct transfer *t, CURL *h)
{
    curl_off_t announced = -1;

    curl_easy_getinfo(h, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    return t->out->len > 0 || t->tid.known || announced >= 0;
}

/* False: nobody has answered for as long as one waits. */
static bool ask_again(struct transfer *t, CURL *h)
{
    const int64_t now = clock_now_ns();

    if (t->tid.socket < 0 || answered(t, h))
        return true;
    rrq_repeat(&t->rrq, t->tid.socket, now);
    return now - t->rrq.asked_ns < (int64_t)ANSWER_S * NS_PER_S;
}

static bool must_stop(const struct ctl_fetch_settings *s)
{
    return s->stop && atomic_load(s->stop);
}

/* Through the multi interface, because an easy transfer looks at its callbacks once a second only.
 */
static CURLcode run(CURLM *multi, CURL *h, struct transfer *t)
{
    int running = 1, queued;

    while (running) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
        t->stopped = must_stop(t->s);
        if (t->stopped)
            return CURLE_ABORTED_BY_CALLBACK;
        if (running && curl_multi_poll(multi, NULL, 0, STOP_LOOK_MS, NULL) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
        /* libcurl may have read the first block in the go that asked for it: then whose it was is
         * not known any more, and who comes next need not be the server. */
        if (t->tid.known || t->out->len == 0)
            tid_look(&t->tid);
        if (t->tid.refused)
            return CURLE_COULDNT_CONNECT;
        if (running && !ask_again(t, h))
            return CURLE_OPERATION_TIMEDOUT;
    }
    const CURLMsg *message = curl_multi_info_read(multi, &queued);
    return message ? message->data.result : CURLE_OUT_OF_MEMORY;
}

static CURLcode transfer_once(struct transfer *t, const struct ctl_fetch_server *server,
                              bool with_options)
{
    CURLcode res = CURLE_OUT_OF_MEMORY;
    CURLU *url = url_of(server, t->file);
    CURL *h = url ? handle_of(t, url, with_options) : NULL;
    CURLM *multi = curl_multi_init();

    buf_drop(t->out, t->out->len);
    t->too_big = t->server_refused = false;
    t->said[0] = t->why[0] = '\0';
    t->announced = -1;
    t->tid = (struct tid){.socket = -1};
    rrq_write(&t->rrq, t->file, with_options, REPEAT_S);
    if (!url)
        res = CURLE_COULDNT_RESOLVE_HOST; /* no host can have this name */
    else if (h && multi && curl_multi_add_handle(multi, h) == CURLM_OK) {
        res = run(multi, h, t);
        curl_easy_getinfo(h, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &t->announced);
        curl_multi_remove_handle(multi, h);
    }
    curl_multi_cleanup(multi);
    curl_easy_cleanup(h);
    curl_url_cleanup(url);
    return res;
}

/* Error numbers of RFC 1350 and 2347 behind libcurl's codes (3.2). */
static const char *tftp_error_of(CURLcode res)
{
    switch ((int)res) {
    case CURLE_REMOTE_DISK_FULL:
        return "3 (disk full)";
    case CURLE_TFTP_ILLEGAL:
        return "0 or 4 (undefined, or illegal operation)";
    case CURLE_TFTP_UNKNOWNID:
        return "5 (unknown transfer id)";
    case CURLE_REMOTE_FILE_EXISTS:
        return "6 (file exists)";
    case CURLE_TFTP_NOSUCHUSER:
        return "7 (no such user)";
    default:
        return "8 (option negotiation failed)";
    }
}

static bool timed_out(const struct transfer *t)
{
    if (t->out->len || t->announced > 0)
        return err_set(t->e, ERR_TFTP_05,
                       "TFTP transfer from %s stopped after block %zu (%zu bytes; res=28)",
                       t->place, (t->out->len + BLOCK - 1) / BLOCK, t->out->len);
    return err_set(t->e, ERR_TFTP_04, "TFTP server %s does not answer (%u s; res=28)", t->place,
                   t->total_s < ANSWER_S ? t->total_s : ANSWER_S);
}

/* ICMP: port unreachable. */
static bool refused(const struct transfer *t)
{
    if (t->out->len)
        return err_set(t->e, ERR_TFTP_05,
                       "TFTP transfer from %s stopped after block %zu (%zu bytes; its port was "
                       "closed; res=7)",
                       t->place, (t->out->len + BLOCK - 1) / BLOCK, t->out->len);
    return err_set(t->e, ERR_TFTP_04,
                   "TFTP server %s: nothing listens at this port (ICMP port unreachable; res=7)",
                   t->place);
}

static bool broke_protocol(const struct transfer *t, CURLcode res)
{
    char why[TEXT_ESCAPED];

    log_escape(t->why, strlen(t->why), why, sizeof why);
    return err_set(t->e, ERR_TFTP_07, "TFTP server %s broke the protocol: %s (res=%d)", t->place,
                   *why ? why : curl_easy_strerror(res), (int)res);
}

static bool reported_error(const struct transfer *t, CURLcode res)
{
    return err_set(t->e, ERR_TFTP_03, "TFTP server %s: error %s (res=%d): \"%s\"", t->place,
                   tftp_error_of(res), (int)res, t->said);
}

static bool transfer_failed(const struct transfer *t, const char *host, CURLcode res)
{
    char name[TEXT_ESCAPED];

    if (t->stopped)
        return err_set(t->e, ERR_NOT_NOW, "the fetch from %s was stopped", t->place);
    switch ((int)res) {
    case CURLE_TFTP_NOTFOUND:
        return err_set(t->e, ERR_TFTP_01, "TFTP server %s: file %s not found (res=68)", t->place,
                       t->file);
    case CURLE_TFTP_PERM:
        return err_set(t->e, ERR_TFTP_02, "TFTP server %s: access violation (res=69): \"%s\"",
                       t->place, t->said);
    case CURLE_TFTP_ILLEGAL:
        return t->server_refused ? reported_error(t, res) : broke_protocol(t, res);
    case CURLE_REMOTE_DISK_FULL:
    case CURLE_TFTP_UNKNOWNID:
    case CURLE_REMOTE_FILE_EXISTS:
    case CURLE_TFTP_NOSUCHUSER:
    case CURLE_ABORTED_BY_CALLBACK: /* ERROR 8; a stop of ours is told above */
        return reported_error(t, res);
    case CURLE_OPERATION_TIMEDOUT:
        return timed_out(t);
    case CURLE_COULDNT_RESOLVE_HOST:
        return err_set(t->e, ERR_TFTP_06, "TFTP server name %s cannot be resolved (res=6)",
                       log_escape(host, strlen(host), name, sizeof name));
    case CURLE_COULDNT_CONNECT:
        if (t->tid.refused)
            return refused(t);
        /* fallthrough */
    case CURLE_SEND_ERROR:
        return err_set(t->e, ERR_TFTP_04, "TFTP server %s cannot be reached: %s (res=%d)", t->place,
                       curl_easy_strerror(res), (int)res);
    case CURLE_WRITE_ERROR:
        if (t->too_big)
            return err_set(t->e, ERR_TFTP_09, "TFTP transfer from %s aborted: more than %zu bytes",
                           t->place, t->most);
        return err_set(t->e, ERR_MEMORY, "no memory for the TFTP transfer from %s", t->place);
    case CURLE_OUT_OF_MEMORY:
        return err_set(t->e, ERR_MEMORY, "no memory for the TFTP transfer from %s", t->place);
    default:
        return broke_protocol(t, res);
    }
}

/* Some servers answer options wrongly: with an OACK that holds none (atftpd with options off;
 * libcurl then gives up with "couldn't connect"), with more than was asked, with tsize=0 for an
 * empty file, which libcurl refuses. A plain request is understood by all of them. */
static bool may_ask_plainly(const struct transfer *t, CURLcode res)
{
    return !t->stopped && !t->tid.refused &&
           (res == CURLE_TFTP_ILLEGAL || res == CURLE_ABORTED_BY_CALLBACK ||
            res == CURLE_COULDNT_CONNECT || res == CURLE_RECV_ERROR);
}

static bool fetch_from(const struct ctl_fetch_settings *s, const struct ctl_fetch_server *server,
                       struct buf *out, struct err *e)
{
    struct transfer t = {.s = s,
                         .file = s->file ? s->file : CTL_NAME,
                         .out = out,
                         .total_s = s->total_s ? s->total_s : TOTAL_S,
                         .most = s->most ? s->most : CTL_FILE_MAX,
                         .e = e};

    place_text(server, t.place);
    CURLcode res = transfer_once(&t, server, true);
    if (may_ask_plainly(&t, res))
        res = transfer_once(&t, server, false);
    if (s->res)
        *s->res = (int)res;
    if (res != CURLE_OK)
        return transfer_failed(&t, server->host, res);
    if (t.announced >= 0 && (uint64_t)t.announced != out->len)
        return err_set(e, ERR_TFTP_08,
                       "TFTP transfer from %s delivered %zu bytes, server announced %lld", t.place,
                       out->len, (long long)t.announced);
    return true;
}

static void curl_start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void start_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, curl_start);
}

/* "10.0.0.1:69 TFTP-01, 10.0.0.2:69 CTL-26": as many as fit. */
static void add_reason(char *reasons, size_t cap, const struct ctl_fetch_server *server,
                       const struct err *why)
{
    char place[PLACE_TEXT];
    const char *id = err_id(why->kind);
    size_t n = strlen(reasons);

    place_text(server, place);
    if (n + strlen(place) + 16 > cap)
        return;
    snprintf(reasons + n, cap - n, "%s%s %s", n ? ", " : "", place,
             *id ? id : err_words(why->kind));
}

bool ctl_fetch(const struct ctl_fetch_settings *s, struct buf *out, size_t *which,
               bool (*accept)(void *arg, const uint8_t *bytes, size_t len, struct err *e),
               void *accept_arg, struct err *e)
{
    char reasons[320] = "", place[PLACE_TEXT];
    struct err why = {.kind = ERR_NONE};

    start_once();
    if (s->count == 0)
        return err_set(e, ERR_USAGE, "no TFTP server is given");
    for (size_t i = 0; i < s->count; i++) {
        err_clear(&why);
        if (fetch_from(s, &s->servers[i], out, &why) &&
            (!accept || accept(accept_arg, out->at, out->len, &why) ||
             err_in(&why, "%s from %.150s", s->file ? s->file : CTL_NAME,
                    place_text(&s->servers[i], place)))) {
            if (which)
                *which = i;
            return true;
        }
        if (must_stop(s))
            return err_set(e, ERR_NOT_NOW, "the fetch was stopped");
        if (s->failed)
            s->failed(s->arg, &s->servers[i], &why);
        add_reason(reasons, sizeof reasons, &s->servers[i], &why);
    }
    if (s->count == 1)
        return err_set(e, why.kind, "%s", why.text);
    return err_set(e, ERR_TFTP_10, "no CTL from any TFTP server (%s)", reasons);
}

size_t ctl_fetch_compare(const struct ctl_fetch_settings *s, size_t which, const uint8_t *bytes,
                         size_t len, void (*differs)(void *arg, const struct err *why), void *arg)
{
    struct buf other = {0};
    struct err why;
    size_t n = 0;

    start_once();
    for (size_t i = 0; i < s->count; i++) {
        char place[2][PLACE_TEXT], md5[2][33];
        if (i == which || !fetch_from(s, &s->servers[i], &other, &why))
            continue;
        if (other.len == len && memcmp(other.at, bytes, len) == 0)
            continue;
        place_text(&s->servers[which], place[0]);
        place_text(&s->servers[i], place[1]);
        ctl_md5(bytes, len, md5[0]);
        ctl_md5(other.at, other.len, md5[1]);
        err_set(&why, ERR_CTL_38, "TFTP servers %s and %s deliver different CTLs (MD5 %s, %s)",
                place[0], place[1], md5[0], md5[1]);
        differs(arg, &why);
        n++;
    }
    buf_free(&other);
    return n;
}
