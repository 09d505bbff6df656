using System.Buffers;
using System.Globalization;

namespace PluginNode.Events;

/// <summary>Numbers as RFC 8785, section 3.2.2.3 writes them: as ECMAScript's Number.prototype.toString does (ECMA-262,
/// Number::toString), which is the shortest text that reads back as the same double.</summary>
internal static class CanonicalNumber
{
    private const int ExactDigits = 15; // an integer of so many digits is always a double

    /// <summary>Writes a JSON number.</summary>
    /// <param name="literal">As it stands in the JSON.</param>
    /// <param name="output">Receives it.</param>
    /// <returns>Why it can't be written; null where it was.</returns>
    public static string? Write(ReadOnlySpan<byte> literal, IBufferWriter<byte> output)
    {
        if (!double.TryParse(literal, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            || !double.IsFinite(value))
            return "a number is larger than a double can be";
        Span<byte> text = stackalloc byte[32];
        text = text[..Format(value, text)];
        // Signed content must not leave open which integer was meant: two would have the same signature.
        if (literal.Length > ExactDigits && !literal.ContainsAny(".eE"u8) && !literal.SequenceEqual(text))
            return "an integer does not fit into a double exactly; write it as text";
        output.Write(text);
        return null;
    }

    /// <summary>Writes a finite double.</summary>
    /// <returns>Bytes written, at most 25.</returns>
    public static int Format(double value, Span<byte> text)
    {
        // .NET's shortest text has the same digits and only sets point and exponent in another way.
        Span<byte> shortest = stackalloc byte[32];
        if (!value.TryFormat(shortest, out var length, "R", CultureInfo.InvariantCulture))
            throw new InvalidOperationException("A double has more digits than it should have.");
        Span<byte> digits = stackalloc byte[32];
        var count = Digits(shortest[..length], digits, out var point);
        if (count == 0)
        {
            text[0] = (byte)'0'; // minus zero too
            return 1;
        }
        var at = 0;
        if (value < 0) text[at++] = (byte)'-';
        return at + Lay(digits[..count], point, text[at..]);
    }

    // The significant digits, and how many of them stand before the point (negative: zeros after it).
    private static int Digits(ReadOnlySpan<byte> shortest, Span<byte> digits, out int point)
    {
        var exponentAt = shortest.IndexOf((byte)'E');
        var mantissa = (exponentAt < 0 ? shortest : shortest[..exponentAt]).TrimStart((byte)'-');
        var exponent = exponentAt < 0
            ? 0 : int.Parse(shortest[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var pointAt = mantissa.IndexOf((byte)'.');
        point = (pointAt < 0 ? mantissa.Length : pointAt) + exponent;
        var count = 0;
        foreach (var c in mantissa)
        {
            if (c == '.') continue;
            if (c == '0' && count == 0) point--;
            else digits[count++] = c;
        }
        while (count > 0 && digits[count - 1] == '0') count--;
        return count;
    }

    private static int Lay(ReadOnlySpan<byte> digits, int point, Span<byte> text)
    {
        var count = digits.Length;
        switch (point)
        {
            case > 0 and <= 21 when point >= count:
                digits.CopyTo(text);
                text[count..point].Fill((byte)'0');
                return point;
            case > 0 and <= 21:
                digits[..point].CopyTo(text);
                text[point] = (byte)'.';
                digits[point..].CopyTo(text[(point + 1)..]);
                return count + 1;
            case > -6 and <= 0:
                text[..(2 - point)].Fill((byte)'0');
                text[1] = (byte)'.';
                digits.CopyTo(text[(2 - point)..]);
                return 2 - point + count;
        }
        text[0] = digits[0];
        var at = 1;
        if (count > 1)
        {
            text[at++] = (byte)'.';
            digits[1..].CopyTo(text[at..]);
            at += count - 1;
        }
        text[at++] = (byte)'e';
        text[at++] = point > 0 ? (byte)'+' : (byte)'-';
        _ = Math.Abs(point - 1).TryFormat(text[at..], out var written, default, CultureInfo.InvariantCulture);
        return at + written;
    }
}
