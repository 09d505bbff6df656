using PluginNode.Recovery;

namespace PluginNode.Configuration;

/// <summary>The section <c>sync</c>: how the ledger is got from neighbours.</summary>
public sealed record SyncSection
{
    /// <summary>The sync strategies by name, in the order in which they are tried. Default: all that plugins provide,
    /// complete ones first. An empty list: no recovery and no background sync.</summary>
    public IReadOnlyList<string>? Chain { get; set; }

    /// <summary>How often neighbours are asked for what is new, at least 1 min; each time up to a sixth is added or
    /// taken off. Default 30 min.</summary>
    public Duration Background { get; set; } = new(TimeSpan.FromMinutes(30));

    /// <summary>What the kernel is configured with; adds every problem.</summary>
    internal SyncOptions Build(List<string> problems)
    {
        foreach (var (index, name) in (Chain ?? []).Index())
        {
            if (name.Length is 0 or > 63 || !name.All(IsOfName))
                problems.Add($"sync.chain[{index}]: the name of a strategy is needed, of a–z, 0–9 and -");
            else if (Chain!.Take(index).Contains(name, StringComparer.Ordinal))
                problems.Add($"sync.chain[{index}]: '{name}' stands there twice");
        }
        if (Background.Value < TimeSpan.FromMinutes(1)) problems.Add("sync.background: at least 1m is needed");
        return new SyncOptions { Chain = Chain, Background = Background.Value };
    }

    private static bool IsOfName(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-';
}
