using System.Buffers;

namespace PluginNode.Events;

/// <summary>The kind of every service that no plugin knows: an application's own events. The data stands in the member
/// <c>data</c>, and its content is its canonical JSON, behind the emitter's name and a colon.</summary>
public sealed class CanonicalKind : IEventKind
{
    /// <summary>Empty: it stands for every service without a kind.</summary>
    public string Service => "";

    /// <inheritdoc/>
    public string Member => "data";

    /// <inheritdoc/>
    public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content) =>
        CanonicalJson.Write(data, content) is { } problem
            ? EventReading.Invalid($"data: {problem}")
            : EventReading.Valid("", "", EventImportance.Normal);
}
