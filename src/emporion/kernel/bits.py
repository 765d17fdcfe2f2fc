"""Sets of up to 64 small numbers in one int64: the bitmaps of the price index.

Compiled, these are single machine instructions. Uncompiled, the same answers in Python
integers, so that bit 63 (the sign) never overflows. `above` and `below` answer NONE when
there is no such number.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from emporion.kernel.jit import COMPILED, kernel

NONE = 64
DIGIT_BITS = 6  # Of a number that is a member.

if COMPILED:
    import numpy as np

    @intrinsic
    def _trailing_zeros(context, bits):
        def build(ctx, builder, signature, args):
            return builder.cttz(args[0], ctx.get_constant(types.boolean, 0))

        return types.int64(types.int64), build

    @intrinsic
    def _leading_zeros(context, bits):
        def build(ctx, builder, signature, args):
            return builder.ctlz(args[0], ctx.get_constant(types.boolean, 0))

        return types.int64(types.int64), build

    @intrinsic
    def either(context, condition, yes, no):
        """One of two values that are both at hand, chosen without a jump: a processor guesses jumps, and
        which side an order has it can only guess wrong every other time."""

        def build(ctx, builder, signature, args):
            chosen = builder.select(*args)
            chosen.set_metadata("unpredictable", builder.module.add_metadata([]))
            return chosen

        kind = types.boolean if yes == types.boolean else types.int64
        return kind(types.boolean, kind, kind), build

    @intrinsic
    def unforeseen(context, condition):
        """The same condition, in a form that the compiler does not take apart into several jumps."""

        def build(ctx, builder, signature, args):
            byte = ir.IntType(8)
            hidden = ir.InlineAsm(ir.FunctionType(byte, [byte]), "", "=r,0", side_effect=False)
            return builder.trunc(builder.call(hidden, [builder.zext(args[0], byte)]), ir.IntType(1))

        return types.boolean(types.boolean), build

    @intrinsic
    def is_below(context, number, bound):
        """Whether `0 <= number < bound`, for a bound that is not negative; a negative bound is above all others."""

        def build(ctx, builder, signature, args):
            return builder.icmp_unsigned("<", *args)

        return types.boolean(types.int64, types.int64), build

    @kernel
    def lowest(bits):
        """The lowest number in the set; NONE when it is empty."""
        return _trailing_zeros(bits)

    @kernel
    def highest(bits):
        """The highest number in the set, which is not empty."""
        return 63 - _leading_zeros(bits)

    @kernel
    def above(bits, number):
        """The lowest number in the set above `number`, or NONE."""
        return _trailing_zeros(bits & (np.int64(-2) << number))

    @kernel
    def below(bits, number):
        """The highest number in the set below `number`, or NONE."""
        rest = bits & ~(np.int64(-1) << number)
        return 63 - _leading_zeros(rest) if rest != 0 else NONE

    @kernel
    def has(bits, number):
        return (bits >> number) & 1 != 0

    @kernel
    def add(bits, number):
        return bits | (np.int64(1) << number)

    @kernel
    def remove(bits, number):
        return bits & ~(np.int64(1) << number)

    @kernel
    def remove_if(bits, number, condition):
        return bits & ~(np.int64(condition) << number)

    @kernel
    def is_single(bits):
        """Whether the set has at most one member."""
        return bits & (bits - 1) == 0

else:
    _ALL = (1 << 64) - 1

    def _signed(bits: int) -> int:
        return bits - (1 << 64) if bits >> 63 else bits

    def lowest(bits):
        bits = int(bits) & _ALL
        return (bits & -bits).bit_length() - 1 if bits else NONE

    def highest(bits):
        return (int(bits) & _ALL).bit_length() - 1

    def above(bits, number):
        return lowest(int(bits) & (-2 << int(number)) & _ALL)

    def below(bits, number):
        rest = int(bits) & ((1 << int(number)) - 1)
        return rest.bit_length() - 1 if rest else NONE

    def has(bits, number):
        return (int(bits) >> int(number)) & 1 != 0

    def add(bits, number):
        return _signed((int(bits) & _ALL) | (1 << int(number)))

    def remove(bits, number):
        return _signed((int(bits) & _ALL) & ~(1 << int(number)))

    def remove_if(bits, number, condition):
        return remove(bits, number) if condition else bits

    def is_single(bits):
        return (int(bits) & _ALL).bit_count() <= 1

    def either(condition, yes, no):
        """One of two values that are both at hand, chosen without a jump."""
        return yes if condition else no

    def is_below(number, bound):
        """Whether `0 <= number < bound`, for a bound that is not negative; a negative bound is above all others."""
        return (int(number) & _ALL) < (int(bound) & _ALL)

    def unforeseen(condition):
        """The same condition: what follows from it should be one jump, or none."""
        return condition
