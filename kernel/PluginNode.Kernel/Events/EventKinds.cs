using System.Collections.Frozen;
using System.Text;

namespace PluginNode.Events;

/// <summary>The kinds that plugins registered, by service. Reads may come from any thread, also while one is
/// added.</summary>
public sealed class EventKinds
{
    private static readonly FrozenSet<string> Taken =
        FrozenSet.ToFrozenSet(["id", "ts", "svc", "emitter", "emitter_id", "sig"], StringComparer.OrdinalIgnoreCase);

    private readonly Lock _adding = new();
    private volatile Registry _registry = new(new Dictionary<string, Known>(StringComparer.Ordinal));

    /// <summary>The services that have a kind, in ordinal order.</summary>
    public IReadOnlyList<string> Services => [.. _registry.Known.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Those of them whose events voters vouch for, in ordinal order.</summary>
    public IReadOnlyList<string> VouchedServices =>
        [.. _registry.Known.Values.Where(k => k.Kind is IVouchedKind).Select(k => k.Service).Order(StringComparer.Ordinal)];

    /// <summary>The kind of a service; canonical JSON where none is registered.</summary>
    public IEventKind Of(string service) => Find(service).Kind;

    /// <summary>Whether a kind is registered for that service.</summary>
    public bool Has(string service) => _registry.Known.ContainsKey(service);

    /// <summary>Adds a kind.</summary>
    /// <param name="kind">It.</param>
    /// <param name="owner">The id of the plugin that provides it.</param>
    /// <returns>Why it can't be added, naming both owners where the service has a kind already; null where it was
    /// added.</returns>
    public string? Add(IEventKind kind, string owner)
    {
        ArgumentNullException.ThrowIfNull(kind);
        var (service, member) = (kind.Service, kind.Member);
        if (!Event.IsService(service))
            return $"the event kind of '{owner}' names the service '{service}': that is none";
        if (string.IsNullOrEmpty(member) || !Ascii.IsValid(member) || member.Length > Event.MaxServiceBytes
            || Taken.Contains(member))
            return $"the event kind '{service}' of '{owner}' wants its data in the member '{member}': that can't be";
        lock (_adding)
        {
            var known = _registry.Known;
            if (known.TryGetValue(service, out var other))
                return $"the event kind '{service}' of '{owner}' is already provided by '{other.Owner}'";
            var added = new Known(kind, owner, service, Encoding.ASCII.GetBytes(member));
            _registry = new Registry(
                new Dictionary<string, Known>(known, StringComparer.Ordinal) { [service] = added });
            return null;
        }
    }

    /// <summary>What is known of a service.</summary>
    internal Known Find(ReadOnlySpan<char> service) =>
        _registry.Lookup.TryGetValue(service, out var known) ? known : Known.Other;

    // Never changed once it is there: a new kind makes a new one.
    private sealed class Registry(Dictionary<string, Known> known)
    {
        public Dictionary<string, Known> Known => known;

        public Dictionary<string, Known>.AlternateLookup<ReadOnlySpan<char>> Lookup { get; } =
            known.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>A kind, with what it may not change read once.</summary>
    /// <param name="Kind">It.</param>
    /// <param name="Owner">The plugin that provides it.</param>
    /// <param name="Service">The service; empty for the kind of those that nobody knows.</param>
    /// <param name="Member">Where the data stands, in UTF-8.</param>
    internal sealed record Known(IEventKind Kind, string Owner, string Service, byte[] Member)
    {
        public static Known Other { get; } = new(new CanonicalKind(), "", "", "data"u8.ToArray());
    }
}
