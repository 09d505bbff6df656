using System.Text;

namespace PluginNode.Events;

/// <summary>Keeps strings for names that come again and again, so that a ledger of many events of few emitters holds
/// few strings. A slot's name gives way to the next one that falls into it; which strings are shared decides nothing.
/// Callable from any thread.</summary>
internal sealed class NameCache
{
    private readonly string?[] _slots = new string?[1024];

    /// <param name="utf8">Valid UTF-8, at most <see cref="Event.MaxNameBytes"/>.</param>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return "";
        Span<char> name = stackalloc char[Event.MaxNameBytes];
        name = name[..Encoding.UTF8.GetChars(utf8, name)];
        uint hash = 2166136261; // FNV-1a
        foreach (var b in utf8) hash = (hash ^ b) * 16777619;
        ref var slot = ref _slots[hash % (uint)_slots.Length];
        var known = slot;
        return known is not null && name.SequenceEqual(known) ? known : slot = name.ToString();
    }
}
