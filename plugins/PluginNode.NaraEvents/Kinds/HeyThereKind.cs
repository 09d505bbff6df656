using System.Buffers;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.NaraEvents.Reading;

namespace PluginNode.NaraEvents.Kinds;

/// <summary>Somebody came, and announces a name and a key. The members have Go's names, and the id is under no
/// signature.</summary>
internal sealed class HeyThereKind : IEventKind, IKeyedKind, IBoundedKind
{
    private const int From = 0, PublicKey = 1, MeshAddress = 2, Id = 3;

    private static readonly Schema Members = new(
        ("From", FieldType.Text), ("PublicKey", FieldType.Text), ("MeshIP", FieldType.Text), ("ID", FieldType.Text),
        ("Signature", FieldType.Text));

    public string Service => "hey-there";

    public string Member => "hey_there";

    public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
    {
        Span<Field> f = stackalloc Field[Members.Count];
        if (Members.Read(data, f) is { } problem) return EventReading.Invalid(problem);
        var signed = new Content(data, content);
        signed.Literal("hey_there:"u8);
        signed.Join(f[From], f[PublicKey], f[MeshAddress]);
        if (f[From].IsEmpty) return EventReading.Invalid("From: must not be empty");
        if (KeyOf(f[PublicKey], data) is null) return EventReading.Invalid("PublicKey: 32 bytes in base64 are needed");
        var name = f[From].Text(data);
        return EventReading.Valid(name, name, EventImportance.High);
    }

    public IReadOnlyList<EventBound> BoundsOf(string emitter, long timestamp, in EventReading reading) =>
        PresenceBounds.Of(emitter);

    public AnnouncedKey? ReadKey(ReadOnlySpan<byte> data)
    {
        Span<Field> f = stackalloc Field[Members.Count];
        return Members.Read(data, f) is null && KeyOf(f[PublicKey], data) is { } key
            ? new AnnouncedKey(f[From].Text(data), key, f[Id].Text(data))
            : null;
    }

    private static PeerId? KeyOf(Field field, ReadOnlySpan<byte> data)
    {
        Span<byte> key = stackalloc byte[PeerId.KeyBytes];
        return Convert.TryFromBase64String(field.Text(data), key, out var length) && length == key.Length
            ? PeerId.FromPublicKey(key) : null;
    }
}
