/* The log's writer: nobody who speaks waits for who reads; what is lost is counted where it was. */
#include "base/log.h"
#include "base/log_writer.h"

#include "check.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPEAKERS  3
#define LINE      "%d says line %d, which is as long as a line of a registration usually is"
#define LINES_OF  20000 /* each: all of them are four times what the ring holds */
#define LOST_WORD " log line"

static struct log *started(int fd, enum log_format format)
{
    struct err e = {0};
    struct log *l = log_new(fd, format, LOG_INFO);

    assert_non_null(l);
    CHECK(log_start(l, &e), "%s", e.text);
    return l;
}

static void say(struct log *l, int who, int number)
{
    log_line(l, LOG_INFO, LOG_ARBITER, NULL, LINE, who, number);
}

struct speaker {
    pthread_t thread;
    struct log *log;
    int who;
};

static void *speak(void *arg)
{
    struct speaker *s = arg;

    for (int i = 0; i < LINES_OF; i++)
        say(s->log, s->who, i);
    return NULL;
}

static void speak_all(struct log *l)
{
    struct speaker s[SPEAKERS];

    for (int i = 0; i < SPEAKERS; i++) {
        s[i] = (struct speaker){.log = l, .who = i};
        assert_int_equal(pthread_create(&s[i].thread, NULL, speak, &s[i]), 0);
    }
    for (int i = 0; i < SPEAKERS; i++)
        pthread_join(s[i].thread, NULL);
}

/* What a reader finds: each speaker's lines in order, and how many are said to be lost. */
struct found {
    int next[SPEAKERS];
    uint64_t lines, lost;
};

static void judge_line(struct found *f, const char *line)
{
    int who = 0, number = 0;
    const char *text = strchr(line, ' ');
    const char *lost = strstr(line, LOST_WORD);

    assert_non_null(text);
    if (lost) {
        while (lost > line && lost[-1] != ' ')
            lost--;
        f->lost += strtoull(lost, NULL, 10);
        return;
    }
    CHECK(sscanf(text, " " LINE, &who, &number) == 2 && who >= 0 && who < SPEAKERS, "%s", line);
    CHECK(number >= f->next[who], "%d: line %d after %d", who, number, f->next[who] - 1);
    f->next[who] = number + 1;
    f->lines++;
}

struct reader {
    FILE *from;
    struct found found;
};

static void *read_to_the_end(void *arg)
{
    struct reader *r = arg;
    char line[400];

    while (fgets(line, sizeof line, r->from))
        judge_line(&r->found, line);
    return NULL;
}

static void a_pipe_that_nobody_reads_stops_no_speaker_and_losses_are_counted(void **state)
{
    struct reader r = {0};
    pthread_t reading;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    struct log *l = started(ends[1], LOG_TEXT);
    speak_all(l); /* would hang here */
    const uint64_t lost = log_lost(l);
    CHECK(lost > 0, "the ring held it all");

    r.from = fdopen(ends[0], "r");
    pthread_create(&reading, NULL, read_to_the_end, &r);
    log_free(l); /* now that somebody reads: all that was kept */
    close(ends[1]);
    pthread_join(reading, NULL);
    fclose(r.from);
    CHECK(r.found.lost == lost, "%llu lost, the log says %llu", (unsigned long long)lost,
          (unsigned long long)r.found.lost);
    CHECK(r.found.lines + r.found.lost == SPEAKERS * LINES_OF, "%llu lines, %llu lost",
          (unsigned long long)r.found.lines, (unsigned long long)r.found.lost);
}

static void warnings_have_room_when_talk_has_none(void **state)
{
    struct err e = {0};
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    struct log *l = started(ends[1], LOG_TEXT);
    while (log_lost(l) == 0)
        say(l, 0, 0);
    const uint64_t lost = log_lost(l);
    err_set(&e, ERR_TLS_02, "a fact");
    log_err(l, LOG_ERROR, LOG_MIU_SKINNY, "CiscoUM1-VI7", &e);
    assert_int_equal(log_lost(l), lost);
    close(ends[0]); /* the reader has gone: what is left goes nowhere */
    log_free(l);
    close(ends[1]);
}

/* Its thread, and what that stands on, stay for the rest of the program. */
static void a_reader_who_takes_nothing_does_not_hold_up_the_end(void **state)
{
    static int ends[2]; /* open until the program ends */

    (void)state;
    assert_int_equal(pipe(ends), 0);
    struct log *l = started(ends[1], LOG_TEXT);
    for (int i = 0; i < 2000; i++)
        say(l, 0, i);
    log_free(l); /* would hang here */
}

static FILE *file_of_lines(void)
{
    FILE *f = tmpfile();

    assert_non_null(f);
    return f;
}

static void what_is_left_is_written_at_the_end(void **state)
{
    struct reader r = {.from = file_of_lines()};

    (void)state;
    struct log *l = started(fileno(r.from), LOG_TEXT);
    for (int i = 0; i < 1000; i++)
        say(l, 0, i);
    log_free(l);
    rewind(r.from);
    read_to_the_end(&r);
    assert_int_equal(r.found.lines, 1000);
    fclose(r.from);
}

static void die_speaking(FILE *to)
{
    struct log *l = started(fileno(to), LOG_TEXT);

    for (int i = 0; i < 1000; i++)
        say(l, 0, i);
    abort();
}

static void a_program_that_aborts_has_said_all_it_had_to_say(void **state)
{
    struct reader r = {.from = file_of_lines()};
    int status = 0;

    (void)state;
    pid_t child = fork();
    if (child == 0)
        die_speaking(r.from);
    assert_int_equal(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %x", (unsigned)status);
    rewind(r.from);
    read_to_the_end(&r);
    assert_int_equal(r.found.lines, 1000);
    fclose(r.from);
}

static void the_line_below_comes_back_under_each_line(void **state)
{
    static const char line[] = " a fact\n", erase[] = "\r\033[K", below[] = "\r\033[K3 of 8";
    char text[400] = "";
    FILE *f = file_of_lines();

    (void)state;
    struct log *l = log_new(fileno(f), LOG_TEXT, LOG_INFO);
    log_below(l, "3 of 8", true);
    log_line(l, LOG_INFO, LOG_ARBITER, NULL, "a fact");
    log_below(l, "", true);
    log_free(l);
    rewind(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    const char *at = text;
    CHECK(strncmp(at, below, strlen(below)) == 0, "%s", text);
    CHECK(strncmp(at += strlen(below), erase, strlen(erase)) == 0, "%s", text);
    CHECK((at = strstr(at, line)) != NULL, "%s", text);
    CHECK(strncmp(at += strlen(line), below, strlen(below)) == 0, "%s", text);
    assert_string_equal(at + strlen(below), erase);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_that_aborts_has_said_all_it_had_to_say), /* no thread yet */
        cmocka_unit_test(a_pipe_that_nobody_reads_stops_no_speaker_and_losses_are_counted),
        cmocka_unit_test(warnings_have_room_when_talk_has_none),
        cmocka_unit_test(what_is_left_is_written_at_the_end),
        cmocka_unit_test(the_line_below_comes_back_under_each_line),
        cmocka_unit_test(a_reader_who_takes_nothing_does_not_hold_up_the_end),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
