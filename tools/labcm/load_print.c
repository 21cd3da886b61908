/* labcm load: what a person sees, and the search. */
#include "base/text.h"
#include "tools/labcm/client.h"
#include "tools/labcm/load_client.h"

#include <stdio.h>
#include <string.h>

static double real(const json_t *o, const char *name)
{
    return json_number_value(json_object_get(o, name));
}

void load_show(struct progress *p, const json_t *r)
{
    progress_show(
        p, "%.0f s: %lld calls, %lld at once, %.1f a second (of %lld); %lld good, %lld failed",
        real(r, "seconds"), client_number(r, "placed"), client_number(r, "going"), real(r, "rate"),
        client_number(r, "rate_wanted"), client_number(r, "good"), client_number(r, "failed"));
}

static void print_reasons(const json_t *r)
{
    const char *words;
    const json_t *count;
    char shown[TEXT_ESCAPED];

    json_object_foreach(json_object_get(r, "reasons"), words, count)
    {
        printf("          %lld: %s\n", (long long)json_integer_value(count),
               log_escape(words, strlen(words), shown, sizeof shown));
    }
}

void load_print(const json_t *r)
{
    printf("calls     %lld in %.1f s, %.1f a second%s; at most %lld at once\n",
           client_number(r, "placed"), real(r, "seconds"), real(r, "rate"),
           json_is_true(json_object_get(r, "rate_reached")) ? "" : " (less than was asked for)",
           client_number(r, "most_at_once"));
    printf("good      %lld\nfailed    %lld\n", client_number(r, "good"),
           client_number(r, "failed"));
    print_reasons(r);
    if (client_number(r, "cut"))
        printf("cut       %lld, hung up at the end of the load\n", client_number(r, "cut"));
    printf(
        "answered  %lld after 50 %% %lld, 95 %% %lld, 99 %% %lld, at most %lld ms; %.1f s long\n",
        client_number(r, "answered"), client_number(r, "ring_ms_p50"),
        client_number(r, "ring_ms_p95"), client_number(r, "ring_ms_p99"),
        client_number(r, "ring_ms_most"), real(r, "talk_seconds_mean"));
    printf("packets   %lld heard, %lld lost, %lld not authentic, %lld sent\n",
           client_number(r, "received"), client_number(r, "lost"),
           client_number(r, "auth_failures"), client_number(r, "sent"));
}

void load_dump(const json_t *o)
{
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    putchar('\n');
}

void load_first_reason(const json_t *r, char *out, size_t cap)
{
    const char *words;
    const json_t *count;

    snprintf(out, cap, "no call was placed");
    json_object_foreach(json_object_get(r, "reasons"), words, count)
    {
        snprintf(out, cap, "%lld of %lld calls: %.80s", (long long)json_integer_value(count),
                 client_number(r, "placed"), words);
        return;
    }
}

/* ---- the search ------------------------------------------------------------------------------ */

static void tell_try(const struct load_options *o, const struct load_try *t, json_t *tries)
{
    json_array_append_new(tries, json_pack("{s:i, s:b, s:I, s:s}", "rate", (int)t->rate, "well",
                                           t->well, "done", (json_int_t)t->done, "why", t->why));
    if (!o->json)
        printf("%6u a second  %s\n", t->rate, t->why);
    fflush(stdout);
}

static int tell_result(const struct load_options *o, const struct load_search *s, json_t *tries)
{
    const char *what = o->search == LOAD_SEARCH_CALLS ? "calls" : "lamps";

    if (o->json) {
        json_t *all =
            json_pack("{s:s, s:i, s:O}", "search", what, "highest", (int)s->good, "tries", tries);
        load_dump(all);
        json_decref(all);
    } else if (s->good) {
        printf("highest rate without a loss: %u %s a second\n", s->good, what);
    } else {
        printf("no rate without a loss was found\n");
    }
    return s->good ? EXIT_DONE : EXIT_FAILED;
}

int load_search_run(const struct load_options *o, struct progress *p)
{
    unsigned most = (unsigned)client_number(o->request, "rate_max");
    json_t *tries = json_array();
    struct load_search s;
    struct load_try t = {0};
    bool can = true;

    load_search_start(&s, (unsigned)client_number(o->request, "rate"), most ? most : LOAD_RATE_MAX);
    while (can && !s.done && !t.cut_short) {
        can = o->search == LOAD_SEARCH_CALLS ? load_try_calls(o, p, s.next, &t)
                                             : load_try_lamps(o, p, s.next, &t);
        if (!can || t.cut_short)
            break;
        tell_try(o, &t, tries);
        load_search_tried(&s, t.well);
    }
    int code = can ? tell_result(o, &s, tries) : EXIT_FAILED;
    json_decref(tries);
    return t.cut_short ? LOAD_CUT_SHORT : code;
}
