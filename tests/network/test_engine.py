import pytest
import torch

from convlens.errors import SettingsError
from convlens.network import engine
from convlens.network.engine import Engine, choose_engine, threads_for
from convlens.notation import Architecture


@pytest.mark.parametrize(("reports", "gains"), [(False, True), (True, False), (True, True)])
def test_bf16_is_taken_only_where_it_is_reported_and_gains(monkeypatch, reports, gains):
    monkeypatch.setattr(engine, "reports_bf16", lambda: reports)
    monkeypatch.setattr(engine, "gains_by_bf16", lambda shapes: gains)
    plan = Architecture("INPUT 8x8x1 - CONV 4 - FC 2").plan()
    dtype = torch.bfloat16 if reports and gains else torch.float32
    assert choose_engine("cpu", plan).dtype == dtype
    assert choose_engine("cpu").dtype == torch.float32  # nothing to try it on


@pytest.mark.parametrize(
    ("reported", "narrow"),
    [
        ({"amx_bf16": True, "amx_tile": True, "avx512_bf16": True}, True),
        ({"amx_tile": True, "avx512_bf16": True}, False),
        ({"avx512_bf16": True}, False),  # slower by it, if right
        ({"bf16": True, "sve_bf16": True}, False),
        ({}, False),
    ],
)
def test_what_the_processor_reports_decides(monkeypatch, reported, narrow):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: reported, raising=False)
    engine.reports_bf16.cache_clear()
    try:
        assert engine.reports_bf16() is narrow
    finally:
        engine.reports_bf16.cache_clear()


def test_products_are_in_the_engines_format():
    x, filters = torch.randn(2, 3, 8, 8), torch.randn(4, 3, 3, 3)
    for dtype in (torch.float32, torch.bfloat16):
        with Engine(torch.device("cpu"), dtype).products():
            assert torch.nn.functional.conv2d(x, filters).dtype == dtype


def test_small_steps_take_one_thread_and_leave_the_number_as_it_was():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    with threads_for(1e6):
        assert torch.get_num_threads() == 1
    with threads_for(1e9):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_where_there_is_none_is_said():
    with pytest.raises(SettingsError, match="no CUDA device"):
        choose_engine("cuda")
    assert choose_engine("auto").device.type == "cpu"
