"""Eight numbers side by side in the processor's registers, for kernels that do one thing to eight cases at once.

numba turns a loop over eight cases into eight scalar chains, or turns it round to run along the other axis. `Lanes` is
a type that the compiler cannot but keep in vector registers: one of 512 bits, two of 256 or four of 128, as the
processor has them. A lane is calculated as a float is, except that a product may be contracted with its sum.

They live inside kernels only, and come from and go to C-contiguous float64 arrays by an offset in elements. That is
not checked: eight elements must follow it.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

LANES = 8

if TYPE_CHECKING:

    class Lanes:
        """Eight numbers."""

    def load(at: NDArray[np.float64], offset: int) -> Lanes:
        """Return eight elements of an array from an offset on."""

    def store(value: Lanes, to: NDArray[np.float64], offset: int) -> None:
        """Write eight elements of an array from an offset on."""

    def every(value: float) -> Lanes:
        """Return one number in every lane."""

    def total(one: Lanes, other: Lanes) -> Lanes:
        """Return one + other."""

    def product(one: Lanes, other: Lanes) -> Lanes:
        """Return one · other."""

    def quotient(one: Lanes, other: Lanes) -> Lanes:
        """Return one / other."""

    def plus(value: Lanes, one: Lanes, other: Lanes) -> Lanes:
        """Return value + one · other."""

    def less(value: Lanes, one: Lanes, other: Lanes) -> Lanes:
        """Return value − one · other."""

    def smaller(one: Lanes, other: Lanes) -> Lanes:
        """Return the smaller of two, `one` also where either is NaN."""

    def inverse_root(value: Lanes) -> Lanes:
        """Return 1/√value."""

else:
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic, models, register_model

    _VECTOR = ir.VectorType(ir.DoubleType(), LANES)
    _FLAGS = ("contract", "nsz", "arcp")

    class _Lanes(types.Type):
        def __init__(self):
            super().__init__(name="Lanes")

    @register_model(_Lanes)
    class _LanesModel(models.PrimitiveModel):
        def __init__(self, manager, of):
            super().__init__(manager, of, _VECTOR)

    _LANES = _Lanes()

    def _address(context, builder, array_type, array, offset):
        if array_type.layout != "C" or array_type.dtype != types.float64:
            raise TypeError(f"lanes are read from C-contiguous float64 arrays, not {array_type}")
        data = context.make_array(array_type)(context, builder, array).data
        return builder.bitcast(builder.gep(data, [offset]), _VECTOR.as_pointer())

    def _emitted(build, *operands):
        return _LANES(*operands), lambda _context, builder, _signature, values: build(builder, *values)

    def _of_one(build):
        return intrinsic(lambda _context, one: _emitted(build, one))

    def _of_two(build):
        return intrinsic(lambda _context, one, other: _emitted(build, one, other))

    def _of_three(build):
        return intrinsic(lambda _context, value, one, other: _emitted(build, value, one, other))

    @intrinsic
    def load(_context, at, _offset):
        def build(context, builder, signature, values):
            loaded = builder.load(_address(context, builder, signature.args[0], *values))
            loaded.align = 8
            return loaded

        return _LANES(at, types.intp), build

    @intrinsic
    def store(_context, _value, to, _offset):
        def build(context, builder, signature, values):
            written = builder.store(
                values[0], _address(context, builder, signature.args[1], values[1], values[2])
            )
            written.align = 8
            return context.get_dummy_value()

        return types.void(_LANES, to, types.intp), build

    @intrinsic
    def every(_context, _value):
        def build(_context, builder, _signature, values):
            lanes = ir.Constant(_VECTOR, ir.Undefined)
            for lane in range(LANES):
                lanes = builder.insert_element(lanes, values[0], ir.Constant(ir.IntType(32), lane))
            return lanes

        return _LANES(types.float64), build

    def _plus(builder, value, one, other):
        return builder.fadd(value, builder.fmul(one, other, flags=_FLAGS), flags=_FLAGS)

    def _less(builder, value, one, other):
        return builder.fsub(value, builder.fmul(one, other, flags=_FLAGS), flags=_FLAGS)

    def _smaller(builder, one, other):
        return builder.select(builder.fcmp_unordered("<", one, other), one, other)

    def _inverse_root(builder, value):
        name = f"llvm.sqrt.v{LANES}f64"
        root = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_VECTOR, [_VECTOR]), name)
        return builder.fdiv(ir.Constant(_VECTOR, [1.0] * LANES), builder.call(root, [value]), flags=_FLAGS)

    total = _of_two(lambda builder, one, other: builder.fadd(one, other, flags=_FLAGS))
    product = _of_two(lambda builder, one, other: builder.fmul(one, other, flags=_FLAGS))
    quotient = _of_two(lambda builder, one, other: builder.fdiv(one, other, flags=_FLAGS))
    plus, less = _of_three(_plus), _of_three(_less)
    smaller, inverse_root = _of_two(_smaller), _of_one(_inverse_root)
