/* Voice in captures: SRTP that authenticates, SRTP without a key, and everything that is not. */
#include "evidence_talker.h"

static struct verify_report *judge_with(const struct writer *w, const struct talker *t,
                                        const struct media_key *key)
{
    struct verify_settings s = {.mode = VERIFY_ENCRYPTED, .keylog = key_log(t, key)};
    struct verify_report *r = writer_judge(w, s);

    unlink(s.keylog);
    return r;
}

static struct verify_report *judge(const struct writer *w)
{
    return writer_judge(w, (struct verify_settings){.mode = VERIFY_ENCRYPTED});
}

static void end(struct writer *w, struct talker *t, struct verify_report *r)
{
    media_srtp_free(t->srtp);
    verify_free(r);
    writer_free(w);
}

static void srtp_authenticates_with_its_key_across_the_sequence_wrap(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct writer w = writer_new(DLT_EN10MB);
        struct talker t = talker_new(PORT_END, PHONE_END, 0xaabbccdd, &keys[i]);
        say(&w, &t, 100);
        struct verify_report *r = judge_with(&w, &t, &keys[i]);
        CHECK(r->ok && r->stream_count == 1, "row %zu", i);
        const struct media_stream *m = r->streams[0];
        CHECK(m->verdict == STREAM_AUTHENTIC && m->authentic == 100, "row %zu: %s", i,
              stream_verdict_words(m->verdict));
        assert_int_equal(m->lost + m->reordered + m->duplicates + m->forged, 0);
        assert_int_equal(m->packet_ms, 20);
        assert_string_equal(m->suite, media_suite_name(keys[i].algorithm));
        CHECK(m->jitter_ms < 0.01, "%f", m->jitter_ms);
        end(&w, &t, r);
    }
}

static void srtp_without_a_key_is_told_by_size_and_chance(void **state)
{
    static const int tags[] = {4, 10, 16};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct writer w = writer_new(DLT_EN10MB);
        struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[i]);
        say(&w, &t, 50);
        struct verify_report *r = judge(&w);
        CHECK(r->ok && r->streams[0]->verdict == STREAM_SRTP, "row %zu", i);
        assert_int_equal(r->streams[0]->tag, tags[i]);
        CHECK(r->streams[0]->entropy > 7.9, "%f", r->streams[0]->entropy);
        end(&w, &t, r);
    }
}

static void plain_voice_is_a_fault_unless_the_run_was_not_encrypted(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &plain);

    (void)state;
    say(&w, &t, 50);
    struct verify_report *r = judge(&w);
    assert_false(r->ok);
    assert_true(found(r, true, "plain RTP: 50 of 50 packets can be heard"));
    assert_int_equal(r->streams[0]->tag, 0);
    verify_free(r);
    r = writer_judge(&w, (struct verify_settings){.mode = VERIFY_AUTHENTICATED});
    assert_true(r->ok);
    assert_int_equal(r->streams[0]->verdict, STREAM_PLAIN);
    end(&w, &t, r);
}

static void voice_that_only_has_the_size_of_srtp_is_plain(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &plain);

    (void)state;
    for (int i = 0; i < 50; i++) {
        uint8_t payload[164];
        voice(payload, sizeof payload, (uint32_t)i * 160);
        make(&t, payload, sizeof payload);
        t.next.timestamp += 160;
        send_last(&w, &t);
        w.now_us += 20000;
    }
    struct verify_report *r = judge(&w);
    assert_false(r->ok);
    assert_true(found(r, true, "not cipher text"));
    end(&w, &t, r);
}

static void a_wrong_key_is_a_fault(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);
    struct media_key wrong = keys[0];

    (void)state;
    wrong.key[15] ^= 1;
    say(&w, &t, 20);
    struct verify_report *r = judge_with(&w, &t, &wrong);
    assert_false(r->ok);
    assert_true(found(r, true, "20 of 20 packets do not authenticate"));
    end(&w, &t, r);
}

static void one_plain_packet_in_an_srtp_stream_is_a_fault_with_and_without_keys(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);

    (void)state;
    say(&w, &t, 30);
    struct talker leak = talker_new(PORT_END, PHONE_END, 1, &plain);
    leak.next = t.next;
    say(&w, &leak, 1);
    t.next = leak.next;
    say(&w, &t, 30);
    struct verify_report *r = judge(&w);
    assert_false(r->ok);
    assert_true(found(r, true, "plain RTP: 1 of 61"));
    verify_free(r);
    r = judge_with(&w, &t, &keys[0]);
    assert_false(r->ok);
    assert_true(found(r, true, "1 of 61 packets do not authenticate with the key; 1 of them are"));
    end(&w, &t, r);
}

static void a_readable_copy_behind_a_protected_packet_is_found(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);
    struct talker copy = talker_new(PORT_END, PHONE_END, 1, &plain);

    (void)state;
    for (int i = 0; i < 20; i++) {
        say(&w, &t, 1);
        say(&w, &copy, 1);
    }
    struct verify_report *r = judge_with(&w, &t, &keys[0]);
    assert_false(r->ok);
    assert_int_equal(r->streams[0]->altered, 20);
    assert_int_equal(r->streams[0]->authentic, 20);
    verify_free(r);
    r = judge(&w);
    assert_false(r->ok);
    assert_true(found(r, true, "plain RTP: 20 of 40"));
    end(&w, &t, r);
}

static void loss_reordering_and_duplicates_are_counted_and_still_authenticate(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);

    (void)state;
    say(&w, &t, 10);
    make_voice(&t); /* lost */
    say(&w, &t, 1);
    send_last(&w, &t); /* twice */
    make_voice(&t);
    struct talker late = t;
    say(&w, &t, 1);
    send_last(&w, &late);
    say(&w, &t, 20);
    struct verify_report *r = judge_with(&w, &t, &keys[0]);
    const struct media_stream *m = r->streams[0];
    assert_true(r->ok);
    assert_int_equal(m->packets, 34);
    assert_int_equal(m->lost, 1);
    assert_int_equal(m->duplicates, 1);
    assert_int_equal(m->reordered, 1);
    assert_int_equal(m->authentic, 33);
    end(&w, &t, r);
}

static void new_keys_in_mid_call_are_found(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);
    struct media_key second = keys[0];
    FILE *f;

    (void)state;
    second.key[0] ^= 0x55;
    say(&w, &t, 10);
    media_srtp_free(t.srtp);
    assert_non_null(t.srtp = media_srtp_sender(&second, 1, NULL));
    say(&w, &t, 10);
    struct verify_settings s = {.mode = VERIFY_ENCRYPTED, .keylog = key_log(&t, &keys[0])};
    assert_non_null(f = fopen(s.keylog, "a"));
    fprintf(f,
            "SRTP_KEY 00000001 AES_CM_128_HMAC_SHA1_32 %02x%02x%02x%026x%02x%02x%02x%022x "
            "0.0.0.0:20000 10.1.2.3:16384 received\n",
            second.key[0], second.key[1], second.key[2], 0, second.salt[0], second.salt[1],
            second.salt[2], 0);
    fclose(f);
    struct verify_report *r = writer_judge(&w, s);
    unlink(s.keylog);
    show_findings(r);
    assert_true(r->ok);
    assert_int_equal(r->streams[0]->authentic, 20);
    end(&w, &t, r);
}

static void digits_in_clear_are_a_fault_and_protected_ones_are_not(void **state)
{
    static const uint8_t event[4] = {5, 10, 0, 160};
    (void)state;
    for (int clear = 0; clear < 2; clear++) {
        struct writer w = writer_new(DLT_EN10MB);
        struct talker t = talker_new(PORT_END, PHONE_END, 1, clear ? &plain : &keys[0]);
        t.next.payload_type = 101;
        for (int i = 0; i < 8; i++) {
            make(&t, event, sizeof event);
            send_last(&w, &t);
            w.now_us += 20000;
        }
        struct verify_report *r = judge(&w);
        assert_int_equal(r->ok, !clear);
        assert_int_equal(found(r, true, "8 digit packets can be read"), clear);
        end(&w, &t, r);
    }
}

static void reports_in_clear_are_a_fault(void **state)
{
    uint8_t report[28] = {0x80, 200, 0, 6, 0, 0, 0, 1};
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);
    struct net_addr src = addr_of("10.1.2.3:16385"), dst = addr_of("10.1.2.9:20001");

    (void)state;
    say(&w, &t, 10);
    put_udp(&w, &src, &dst, report, sizeof report);
    struct verify_report *r = judge(&w);
    assert_true(found(r, true, "1 RTCP reports in clear"));
    assert_int_equal(r->totals.media.rtcp, 1);
    end(&w, &t, r);
}

static void protected_reports_are_authenticated_with_the_streams_key(void **state)
{
    struct net_addr src = addr_of("10.1.2.3:16385"), dst = addr_of("10.1.2.9:20001");

    (void)state;
    for (int spoilt = 0; spoilt < 2; spoilt++) {
        _Alignas(8) uint8_t report[28 + MEDIA_SRTCP_TRAILER_MAX] = {0x80, 200, 0, 6, 0, 0, 0, 1};
        struct writer w = writer_new(DLT_EN10MB);
        struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);
        size_t len = 28;
        say(&w, &t, 10);
        assert_true(media_srtp_protect_rtcp(t.srtp, report, &len));
        report[20] ^= (uint8_t)spoilt;
        put_udp(&w, &src, &dst, report, len);
        struct verify_report *r = judge_with(&w, &t, &keys[0]);
        assert_int_equal(r->ok, !spoilt);
        assert_int_equal(r->totals.media.rtcp_authentic, !spoilt);
        assert_int_equal(found(r, true, "1 RTCP reports do not authenticate"), spoilt);
        end(&w, &t, r);
    }
}

static void both_directions_make_a_call_and_a_later_one_another(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct talker a = talker_new(PORT_END, PHONE_END, 1, &keys[0]),
                  b = talker_new(PHONE_END, PORT_END, 2, &keys[0]),
                  c = talker_new(PORT_END, PHONE_END, 3, &keys[0]);

    (void)state;
    for (int i = 0; i < 20; i++) {
        say(&w, &a, 1);
        say(&w, &b, 1);
    }
    w.now_us += 10000000;
    say(&w, &c, 20);
    struct verify_report *r = judge(&w);
    assert_int_equal(r->call_count, 2);
    assert_int_equal(r->calls[0].there->ssrc, 1);
    assert_int_equal(r->calls[0].back->ssrc, 2);
    assert_int_equal(r->calls[1].there->ssrc, 3);
    assert_null(r->calls[1].back);
    media_srtp_free(b.srtp);
    media_srtp_free(c.srtp);
    end(&w, &a, r);
}

static void silence_is_heard_with_the_key(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);
    uint8_t payload[160];

    (void)state;
    memset(payload, g711_silence(G711_ULAW), sizeof payload);
    for (int i = 0; i < 5; i++) {
        make(&t, payload, sizeof payload);
        t.next.timestamp += 160;
        send_last(&w, &t);
        w.now_us += 20000;
    }
    say(&w, &t, 5);
    struct verify_report *r = judge_with(&w, &t, &keys[0]);
    assert_int_equal(r->streams[0]->silent, 5);
    assert_int_equal(r->streams[0]->heard, 10);
    end(&w, &t, r);
}

static void other_udp_is_no_stream(void **state)
{
    static const uint8_t dns[20] = {0x12, 0x34, 1};
    uint8_t lone[172] = {0x80, 0};
    struct writer w = writer_new(DLT_EN10MB);
    struct net_addr a = addr_of("10.0.0.1:53"), b = addr_of("10.0.0.2:40000");

    (void)state;
    put_udp(&w, &a, &b, dns, sizeof dns);
    put_udp(&w, &a, &b, lone, sizeof lone);
    struct verify_report *r = judge(&w);
    assert_int_equal(r->stream_count, 0);
    assert_int_equal(r->totals.media.other, 2);
    assert_true(found(r, true, "nothing to judge"));
    verify_free(r);
    writer_free(&w);
}

static void shortened_packets_are_not_called_good(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);

    (void)state;
    w.snaplen = 96;
    say(&w, &t, 20);
    struct verify_report *r = judge_with(&w, &t, &keys[0]);
    assert_false(r->ok);
    assert_int_equal(r->streams[0]->verdict, STREAM_UNTOLD);
    assert_int_equal(r->streams[0]->cut, 20);
    end(&w, &t, r);
}

static void more_streams_than_the_limit_are_a_fault(void **state)
{
    uint8_t packet[32] = {0x80, 0};
    struct writer w = writer_new(DLT_RAW);
    struct net_addr a = addr_of(PORT_END), b = addr_of(PHONE_END);

    (void)state;
    for (uint32_t i = 0; i < STREAMS_MAX + 10; i++) {
        memcpy(packet + 8, &i, sizeof i);
        put_udp(&w, &a, &b, packet, sizeof packet);
    }
    struct verify_report *r = judge(&w);
    assert_true(found(r, true, "10 media packets of more than 40000 streams were not judged"));
    verify_free(r);
    writer_free(&w);
}

static void key_lines_are_read_strictly(void **state)
{
    static const struct {
        const char *text, *says; /* NULL: fine */
    } rows[] = {
        {"", NULL},
        {"CLIENT_RANDOM x y\n# nothing\n", NULL},
        {"SRTP_KEY 0000000a AEAD_AES_128_GCM "
         "00112233445566778899aabbccddeeff000102030405060708090a0b 1.2.3.4:5 6.7.8.9:10 sent\r\n",
         NULL},
        {"\nSRTP_KEY 0a AES_CM_128_HMAC_SHA1_32 00 1.2.3.4:5 6.7.8.9:10 sent\n",
         "line 2: the SSRC"},
        {"SRTP_KEY 0000000a NO_SUCH 00 1.2.3.4:5 6.7.8.9:10 sent\n", "unknown suite"},
        {"SRTP_KEY 0000000a AES_CM_128_HMAC_SHA1_32 0011 1.2.3.4:5 6.7.8.9:10 sent\n", "length"},
        {"SRTP_KEY 0000000a AEAD_AES_128_GCM "
         "00112233445566778899aabbccddeeff000102030405060708090a0b 1.2.3.4 host:1 sent\n",
         "an address"},
        {"SRTP_KEY 0000000a AEAD_AES_128_GCM "
         "00112233445566778899aabbccddeeff000102030405060708090a0b 1.2.3.4:5 6.7.8.9:10 up\n",
         "the direction"},
        {"SRTP_KEY 0000000a AEAD_AES_128_GCM\n", "6 words"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        struct key_file *k = key_file_parse(rows[i].text, strlen(rows[i].text), &e);
        CHECK((k != NULL) == (rows[i].says == NULL), "row %zu: %s", i, e.text);
        CHECK(k || strstr(e.text, rows[i].says), "row %zu: %s", i, e.text);
        CHECK(k || !strstr(e.text, "00112233"), "row %zu: a key is in the error", i);
        key_file_free(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(srtp_authenticates_with_its_key_across_the_sequence_wrap),
        cmocka_unit_test(srtp_without_a_key_is_told_by_size_and_chance),
        cmocka_unit_test(plain_voice_is_a_fault_unless_the_run_was_not_encrypted),
        cmocka_unit_test(voice_that_only_has_the_size_of_srtp_is_plain),
        cmocka_unit_test(a_wrong_key_is_a_fault),
        cmocka_unit_test(one_plain_packet_in_an_srtp_stream_is_a_fault_with_and_without_keys),
        cmocka_unit_test(a_readable_copy_behind_a_protected_packet_is_found),
        cmocka_unit_test(loss_reordering_and_duplicates_are_counted_and_still_authenticate),
        cmocka_unit_test(new_keys_in_mid_call_are_found),
        cmocka_unit_test(digits_in_clear_are_a_fault_and_protected_ones_are_not),
        cmocka_unit_test(reports_in_clear_are_a_fault),
        cmocka_unit_test(protected_reports_are_authenticated_with_the_streams_key),
        cmocka_unit_test(both_directions_make_a_call_and_a_later_one_another),
        cmocka_unit_test(silence_is_heard_with_the_key),
        cmocka_unit_test(other_udp_is_no_stream),
        cmocka_unit_test(shortened_packets_are_not_called_good),
        cmocka_unit_test(more_streams_than_the_limit_are_a_fault),
        cmocka_unit_test(key_lines_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
