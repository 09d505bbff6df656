using System.Buffers;
using PluginNode.Events;

namespace PluginNode.Kernel.Tests.Events;

/// <summary>A kind whose content is its data as it stands there.</summary>
internal sealed class RawKind(string service, string member) : IEventKind
{
    public string Service => service;

    public string Member => member;

    public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
    {
        content.Write(data);
        return EventReading.Valid("", "", EventImportance.Normal);
    }
}

/// <summary>A kind that does what no kind may do.</summary>
internal sealed class BrokenKind(Action<IBufferWriter<byte>> read) : IEventKind, IKeyedKind, IVouchedKind
{
    public string Service => "broken";

    public string Member => "broken";

    public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
    {
        read(content);
        return EventReading.Valid("", "", EventImportance.Normal);
    }

    public AnnouncedKey? ReadKey(ReadOnlySpan<byte> data) => throw new NotSupportedException("no key");

    public Vouching ReadVotes(ReadOnlySpan<byte> data) => throw new NotSupportedException("no votes");
}
