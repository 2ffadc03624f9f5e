import gc

import pytest

from quant.heap import settling


def test_what_was_there_when_a_program_settled_is_not_walked_again():
    gc.collect()
    try:
        with settling():
            there = [[]]
            assert not gc.isenabled()
        assert gc.isenabled()
        assert not any(each is there for each in gc.get_objects())
    finally:
        gc.unfreeze()


def test_a_start_that_fails_leaves_the_collector_on():
    try:
        with pytest.raises(RuntimeError), settling():
            raise RuntimeError
        assert gc.isenabled()
    finally:
        gc.unfreeze()
