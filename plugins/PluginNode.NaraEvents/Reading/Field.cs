using System.Buffers;
using System.Text;
using System.Text.Json;

namespace PluginNode.NaraEvents.Reading;

/// <summary>What a member's value must be: Go decodes into fields of these types, and refuses the rest.</summary>
internal enum FieldType
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A signed 64-bit integer.</summary>
    Integer,

    /// <summary>An unsigned 64-bit integer.</summary>
    Unsigned,

    /// <summary>A finite double.</summary>
    Number,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>An object.</summary>
    Object,

    /// <summary>An array.</summary>
    Array,
}

/// <summary>A member's value; a default one where it is absent or null, which is the same to Go.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Start">Where the value begins in the data; of a text, behind its quote.</param>
/// <param name="Length">Its bytes; of a text, without its quotes.</param>
/// <param name="IsEscaped">Whether the text has escapes.</param>
/// <param name="Integer">The integer.</param>
/// <param name="Number">The number.</param>
internal readonly record struct Field(
    FieldType Type, int Start = 0, int Length = 0, bool IsEscaped = false, long Integer = 0, double Number = 0)
{
    /// <summary>Whether it is absent, null, or an empty text.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The bytes as they stand in the data.</summary>
    public ReadOnlySpan<byte> Raw(ReadOnlySpan<byte> data) => data.Slice(Start, Length);

    /// <summary>Whether the text is that one.</summary>
    public bool Is(ReadOnlySpan<byte> data, ReadOnlySpan<byte> text)
    {
        if (!IsEscaped) return Raw(data).SequenceEqual(text);
        var reader = Quoted(data);
        return reader.ValueTextEquals(text);
    }

    /// <summary>The text.</summary>
    public string Text(ReadOnlySpan<byte> data)
    {
        if (!IsEscaped) return Encoding.UTF8.GetString(Raw(data));
        var reader = Quoted(data);
        return reader.GetString()!;
    }

    /// <summary>Writes the text.</summary>
    public void WriteText(ReadOnlySpan<byte> data, IBufferWriter<byte> output)
    {
        if (!IsEscaped)
        {
            output.Write(Raw(data));
            return;
        }
        var reader = Quoted(data);
        output.Advance(reader.CopyString(output.GetSpan(Length)));
    }

    private Utf8JsonReader Quoted(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data.Slice(Start - 1, Length + 2));
        _ = reader.Read();
        return reader;
    }
}
