#include "tools/vmports/capture_file.h"

#include <pcap/pcap.h>
#include <string.h>
#include <unistd.h>

static void decode(struct captured *out, int link_type, const struct pcap_pkthdr *h,
                   const uint8_t *bytes)
{
    *out = (struct captured){.link_type = link_type, .frame = bytes, .len = h->caplen};
    out->kind = packet_decode(&out->packet, link_type, bytes, h->caplen, h->len);
    out->packet.time_us = (int64_t)((uint64_t)h->ts.tv_sec * 1000000u + (uint64_t)h->ts.tv_usec);
}

static bool read_packets(pcap_t *pcap, const char *name, captured_fn *each, void *arg, char *early,
                         struct err *e)
{
    struct pcap_pkthdr *h;
    const u_char *bytes;
    struct captured c;
    bool any = false;
    int link_type = pcap_datalink(pcap), n;

    if (!packet_link_known(link_type)) {
        const char *known = pcap_datalink_val_to_name(link_type);
        return err_set(e, ERR_FORMAT, "%s: link type %d (%s) is not known", name, link_type,
                       known ? known : "?");
    }
    while ((n = pcap_next_ex(pcap, &h, &bytes)) == 1) {
        decode(&c, link_type, h, bytes);
        any = true;
        if (!each(arg, &c))
            break;
    }
    if (n == PCAP_ERROR && !any)
        return err_set(e, ERR_FORMAT, "%s: %s", name, pcap_geterr(pcap));
    if (n == PCAP_ERROR)
        snprintf(early, CAPTURE_END_TEXT, "%s", pcap_geterr(pcap));
    return true;
}

static bool not_opened(bool there, const char *name, const char *why, struct err *e)
{
    const bool named = strncmp(why, name, strlen(name)) == 0; /* libpcap's words may be */

    return err_set(e, there ? ERR_SYSTEM : ERR_FILE, "%s%s%s%s", named ? "" : name,
                   named ? "" : ": ", why, there ? "; wanted is a pcap or pcapng file" : "");
}

bool capture_file_read(const char *path, FILE *stream, captured_fn *each, void *arg, char *early,
                       struct err *e)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    const char *name = stream ? "capture" : path;
    pcap_t *pcap = stream ? pcap_fopen_offline(stream, why) : pcap_open_offline(path, why);

    *early = '\0';
    if (!pcap) {
        const bool there = stream || strcmp(name, "-") == 0 || access(name, R_OK) == 0;
        if (stream)
            fclose(stream);
        return not_opened(there, name, why, e);
    }
    bool ok = read_packets(pcap, name, each, arg, early, e);
    pcap_close(pcap);
    return ok;
}
