using System.Buffers;
using PluginNode.Events;
using PluginNode.NaraEvents.Reading;

namespace PluginNode.NaraEvents.Kinds;

/// <summary>What naras say of each other.</summary>
internal sealed class SocialKind : IEventKind
{
    private const int Type = 0, Actor = 1, Target = 2, Reason = 3, Witness = 4;

    private static readonly Schema Members = new(
        ("type", FieldType.Text), ("actor", FieldType.Text), ("target", FieldType.Text), ("reason", FieldType.Text),
        ("witness", FieldType.Text), ("actor_id", FieldType.Text), ("target_id", FieldType.Text));

    public string Service => "social";

    public string Member => "social";

    public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
    {
        Span<Field> f = stackalloc Field[Members.Count];
        if (Members.Read(data, f) is { } problem) return EventReading.Invalid(problem);
        new Content(data, content).Join(f[Type], f[Actor], f[Target], f[Reason], f[Witness]);
        if (!IsKnown(f[Type], data)) return EventReading.Invalid("type: unknown");
        if (f[Actor].IsEmpty) return EventReading.Invalid("actor: must not be empty");
        if (f[Target].IsEmpty) return EventReading.Invalid("target: must not be empty");
        return EventReading.Valid(f[Actor].Text(data), f[Target].Text(data), EventImportance.Normal);
    }

    private static bool IsKnown(Field type, ReadOnlySpan<byte> data) =>
        type.Is(data, "tease"u8) || type.Is(data, "observed"u8) || type.Is(data, "gossip"u8)
        || type.Is(data, "observation"u8) || type.Is(data, "service"u8);
}
