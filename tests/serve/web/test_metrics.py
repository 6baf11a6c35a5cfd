"""What is counted has few labels, whatever clients send."""

import re

INFER = "/v2/models/series/infer"
TENSOR = '{"name":"steps","shape":[1,1,3],"datatype":"FP32","data":[1,2,3]}'
STREAM = '{"inputs":[' + TENSOR + '],"parameters":{"sequence_id":"%s","sequence_start":true}}'


def series(text):
    """Return the names and labels of all that is counted."""
    return {line.rpartition(" ")[0] for line in text.decode().splitlines() if not line.startswith("#")}


def test_labels_do_not_grow_with_what_clients_send(server):
    server.get("/nothing")
    server.get(INFER, data=(STREAM % "x").encode())
    before = series(server.get("/metrics")[2])
    before = series(server.get("/metrics")[2])
    for number in range(150):
        server.get(f"/nothing/{number}")
        server.get(INFER, data=(STREAM % f"secret-{number}").encode())
    text = server.get("/metrics")[2]
    assert series(text) == before
    assert b"secret" not in text


def test_streams_and_answers_are_counted(server):
    def streams():
        return float(
            re.search(r'ostinato_streams\{model="series"\} (\S+)', server.get("/metrics")[2].decode())[1]
        )

    before = streams()
    server.get(INFER, data=(STREAM % "counted").encode())
    assert streams() == before + 1
    server.get("/v1/models/series/streams/counted", method="DELETE")
    assert streams() == before
    text = server.get("/metrics")[2].decode()
    assert re.search(r'ostinato_answers_total\{route="infer",status="200"\} \d', text)
    assert re.search(r'ostinato_seconds_count\{route="infer"\} \d', text)
