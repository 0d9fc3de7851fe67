"""What holds for every command: help, errors as they are told, exit statuses."""


def test_without_a_command_help_is_shown(convlens):
    status, out, err = convlens()
    assert (status, err) == (0, "")
    assert out == convlens("--help")[1]
    assert "Commands:" in out


def test_an_empty_network_has_nothing_to_point_at(convlens):
    status, out, err = convlens("net", "")
    assert (status, out) == (1, "")
    assert err.startswith("error: the network has no layers\n  expected  CONV")
    assert "^" not in err


def test_names_that_are_none_are_told_in_short_lines(convlens):
    for arguments in (
        ("net", "nosuchname"),
        ("zoo", "nothing"),
        ("train", "digits", "--net", "zoo"),
    ):
        status, _, err = convlens(*arguments)
        assert status == 1
        assert "`convlens zoo` lists the names" in err
        assert max(map(len, err.splitlines())) <= 80


def test_a_network_too_large_for_the_pictures_is_left_whole(convlens):
    for arguments in (
        ("net", "lenet5", "--input", "8x8x1"),
        ("train", "digits", "--net", "lenet5"),
    ):
        status, _, err = convlens(*arguments)
        assert status == 1
        assert "  hint      " in err
        assert "  try  " not in err
