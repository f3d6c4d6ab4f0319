import json


def findings(result):
    return {finding["check"]: finding for finding in json.loads(result.stdout)["findings"]}


def test_all_is_well_where_data_is_staged(ltk8s, store):
    result = ltk8s("doctor")
    assert result.exit_code == 0
    assert result.stdout.rstrip().endswith("All is well.")


def test_each_failure_says_what_to_run(ltk8s):
    result = ltk8s("doctor", "--json")
    assert result.exit_code == 1
    data = findings(result)["data"]
    assert data["outcome"] == "failed"
    assert "`ltk8s data stage glyphs50`" in data["do"]


def test_weights_that_submit_will_stage_are_a_note_and_no_failure(ltk8s):
    assert findings(ltk8s("doctor", "--json"))["weights"]["outcome"] == "note"


def test_the_store_is_left_as_it_was(ltk8s, store):
    before = [found.key for found in store.list("")]
    assert findings(ltk8s("doctor", "--json"))["store"]["outcome"] == "ok"
    assert [found.key for found in store.list("")] == before


def test_an_s3_store_is_tried_for_real(ltk8s, minio):
    result = ltk8s("doctor", "--store", minio.address(), "--json", **minio.credentials)
    assert "written only if absent" in findings(result)["store"]["what"]


def test_a_store_that_cannot_be_written_fails_and_what_needs_it_is_left_out(ltk8s, tmp_path):
    (tmp_path / "file").write_text("")
    found = findings(ltk8s("doctor", "--store", (tmp_path / "file").as_uri(), "--json"))
    assert found["store"]["outcome"] == "failed"
    assert "cannot" in found["store"]["what"]
    assert not {"data", "weights"} & set(found)


def test_an_invalid_settings_file_fails_first(process, tmp_path):
    (tmp_path / "ltk8s.yaml").write_text("image: {nmae: x}\n")
    done = process("doctor", "--json", cwd=tmp_path)
    assert done.returncode == 1
    failed = [finding for finding in json.loads(done.stdout)["findings"] if finding["outcome"] == "failed"]
    assert [finding["check"] for finding in failed] == ["settings"]
    assert "nmae" in failed[0]["what"]
