"""Has rtpengine play a file into many encrypted calls, by its ng protocol (bencoded over UDP).

rtpengine_play.py PORT CALLS FILE: FILE is raw mu-law; it is wrapped as WAV and given as a blob.
"""
import base64
import os
import socket
import struct
import sys


def bencode(v):
    if isinstance(v, dict):
        return b"d" + b"".join(bencode(k) + bencode(v[k]) for k in sorted(v)) + b"e"
    if isinstance(v, list):
        return b"l" + b"".join(map(bencode, v)) + b"e"
    if isinstance(v, int):
        return b"i%de" % v
    raw = v.encode() if isinstance(v, str) else v
    return b"%d:%s" % (len(raw), raw)


def ask(sock, cookie, command):
    sock.send(b"%s %s" % (cookie, bencode(command)))
    answer = sock.recv(65536)
    if b"6:result2:ok" not in answer and b"8:duration" not in answer:
        sys.exit("%s: %s" % (command["command"], answer[:200]))


def sdp(port, key):
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
    lines += ["m=audio %d RTP/SAVP 0" % port, "a=rtpmap:0 PCMU/8000"]
    lines += ["a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + base64.b64encode(key).decode()]
    return "\r\n".join(lines) + "\r\n"


def wav(raw):
    fmt = struct.pack("<HHIIHH", 7, 1, 8000, 8000, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(raw)) + raw
    return b"RIFF" + struct.pack("<I", len(body)) + body


def main():
    port, calls, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    sound = path + ".wav"
    with open(path, "rb") as f, open(sound, "wb") as out:
        out.write(wav(f.read()))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", port))
    sock.settimeout(10)
    sinks = []
    for i in range(16):  # where the packets go: nobody reads them
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        sinks.append(s)
    for i in range(calls):
        to = sinks[i % len(sinks)].getsockname()[1]
        call = {"call-id": "call%d" % i, "from-tag": "a%d" % i}
        ask(sock, b"o%d" % i, dict(call, command="offer", sdp=sdp(to, os.urandom(30))))
        ask(sock, b"a%d" % i, dict(call, **{"to-tag": "b%d" % i}, command="answer", sdp=sdp(to, os.urandom(30))))
        ask(sock, b"p%d" % i, dict(call, command="play media", file=sound))


main()
