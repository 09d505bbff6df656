using System.Buffers;
using System.Buffers.Text;
using System.Globalization;

namespace PluginNode.NaraEvents.Reading;

/// <summary>Writes what is signed: parts joined by colons, unescaped.</summary>
internal readonly ref struct Content(ReadOnlySpan<byte> data, IBufferWriter<byte> output)
{
    private const int LongestNumber = 320; // 309 digits before the point, and the sign

    private readonly ReadOnlySpan<byte> _data = data;

    /// <summary>Writes a text as it is.</summary>
    public void Literal(ReadOnlySpan<byte> text) => output.Write(text);

    /// <summary>Writes fields with colons between: texts, integers in decimal, numbers with one digit after the
    /// point.</summary>
    public void Join(params ReadOnlySpan<Field> fields)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            if (i > 0) output.Write(":"u8);
            Write(fields[i]);
        }
    }

    private void Write(Field field)
    {
        int written;
        switch (field.Type)
        {
            case FieldType.Text:
                field.WriteText(_data, output);
                break;
            case FieldType.Integer:
                _ = Utf8Formatter.TryFormat(field.Integer, output.GetSpan(LongestNumber), out written);
                output.Advance(written);
                break;
            case FieldType.Number:
                // Rounds the exact value, ties to even, as Go's %.1f does; other formats and Math.Round do not.
                _ = field.Number.TryFormat(
                    output.GetSpan(LongestNumber), out written, "F1", CultureInfo.InvariantCulture);
                output.Advance(written);
                break;
            default:
                throw new ArgumentException($"A {field.Type} is no part of a content.", nameof(field));
        }
    }
}
