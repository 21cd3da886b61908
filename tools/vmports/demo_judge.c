/* Afterwards: the capture of everything, judged as anybody on the wire could, and then with the
 * keys. */
#include "tools/vmports/demo.h"

#include "tools/vmports/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct verify_report *judge(struct demo *d, const char *keylog, struct err *e)
{
    struct verify_settings s = {.pcap = d->capture,
                                .keylog = keylog,
                                .signalling = {d->net.tls_port},
                                .signalling_count = 1,
                                .mode = VERIFY_ENCRYPTED};
    return verify_capture(&s, e);
}

static const char *first_fault(const struct verify_report *r)
{
    for (size_t i = 0; i < r->finding_count; i++)
        if (r->findings[i].fault)
            return r->findings[i].text;
    return "";
}

static void show_transfer(struct demo *d, const struct verify_report *r)
{
    const struct tftp_transfer *t = NULL;

    for (size_t i = 0; i < r->transfer_count && !t; i++)
        if (r->transfers[i]->done && strcmp(r->transfers[i]->file, "CTLFile.tlv") == 0)
            t = r->transfers[i];
    demo_report_line(&d->report, t && strcmp(t->md5, d->md5) == 0,
                     "on the wire: the CTL that is held is the one that came by TFTP",
                     "%llu bytes, md5 %s", t ? (unsigned long long)t->bytes : 0,
                     t ? t->md5 : "none seen");
}

/* Digits in clear would be a call's numbers; SCCP in clear would be everything. */
static void show_signalling(struct demo *d, const struct verify_report *r)
{
    unsigned long long sccp = 0, names = 0, early = 0, strange = 0, application = 0;
    size_t good = 0;

    for (size_t i = 0; i < r->connection_count; i++) {
        const struct line_facts *l = r->connections[i].line;
        good += l->kind == LINE_TLS && l->open && !l->null_cipher && l->certs[0].seen &&
                l->certs[1].seen;
        for (size_t side = 0; side < 2; side++) {
            sccp += l->half[side].sccp;
            names += l->half[side].names;
            early += l->half[side].early;
            strange += l->half[side].strange + l->half[side].unframed;
            application += l->half[side].application_bytes;
        }
    }
    bool ok = good == d->o.ports && r->connection_count == d->o.ports &&
              sccp + names + early + strange == 0;
    demo_report_line(
        &d->report, ok, "on the wire: no SCCP, no name and no digit of it can be read",
        "%zu connections, %zu of them TLS with both certificates; %llu bytes of encrypted "
        "SCCP\nreadable: %llu SCCP frames, %llu port names, %llu bytes outside TLS%s%s",
        r->connection_count, good, application, sccp, names, early + strange, ok ? "" : "\n",
        ok ? "" : first_fault(r));
}

static void show_media(struct demo *d, const struct verify_report *r,
                       const struct verify_report *blind)
{
    unsigned long long packets = 0, authentic = 0;

    for (size_t i = 0; i < r->stream_count; i++) {
        packets += r->streams[i]->packets;
        authentic += r->streams[i]->authentic;
    }
    bool ok = r->stream_count >= d->calls && d->calls > 0 &&
              r->totals.authentic == r->stream_count && authentic == packets && packets > 0 &&
              blind->totals.plain == 0;
    demo_report_line(
        &d->report, ok, "on the wire: all voice is SRTP and authenticates with its keys",
        "%zu streams, %llu packets, %llu authenticated; without the key log %zu streams look "
        "encrypted, %zu plain%s%s",
        r->stream_count, packets, authentic, blind->totals.srtp, blind->totals.plain,
        ok ? "" : "\n", ok ? "" : first_fault(r));
}

static void show_verdict(struct demo *d, const struct verify_report *r)
{
    const struct verify_totals *t = &r->totals;

    demo_report_line(&d->report, r->ok, "`vmports verify` finds no fault in the capture",
                     "%llu packets, %zu faults, %zu notes%s%s%s%s", (unsigned long long)t->packets,
                     r->faults, r->notes, r->ok ? "" : "\n", first_fault(r),
                     d->o.capture ? "\nkept: " : "", d->o.capture ? d->o.capture : "");
}

void demo_judge(struct demo *d)
{
    struct err e = {0};
    struct verify_report *with_keys = judge(d, d->keylog, &e), *blind = judge(d, NULL, &e);

    if (with_keys && blind) {
        show_transfer(d, with_keys);
        show_signalling(d, blind);
        show_media(d, with_keys, blind);
        show_verdict(d, with_keys);
    } else {
        demo_report_line(&d->report, false, "on the wire: the capture judged", "%s", e.text);
    }
    verify_free(with_keys);
    verify_free(blind);
}
