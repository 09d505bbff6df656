using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace PluginNode.EndToEnd.Tests;

/// <summary>Something that an application outside of the nodes did or saw, or that was done to a node.</summary>
internal abstract record Happening
{
    /// <summary>Since the ledger was begun.</summary>
    public TimeSpan At { get; init; }
}

/// <summary>An application is about to send it for the first time.</summary>
/// <param name="Id">The application's own, unique over all nodes.</param>
/// <param name="From">The sending node's name.</param>
/// <param name="To">The receiving node's name.</param>
/// <param name="Key">The ordering key.</param>
/// <param name="Number">Its place in the lane: the next one is begun when this one was accepted.</param>
/// <param name="Text">As <see cref="Ledger.Brief"/> gives it.</param>
/// <param name="Stable">Whether its level survives a kill.</param>
internal sealed record Sent(string Id, string From, string To, string Key, int Number, string Text, bool Stable = true)
    : Happening;

/// <summary>It was answered with 202. Before that, whether it was accepted is not known.</summary>
internal sealed record Accepted(string Id) : Happening;

/// <summary>It stood in an inbox.</summary>
/// <param name="By">The node.</param>
/// <param name="Id">Its id.</param>
/// <param name="Text">As <see cref="Ledger.Brief"/> gives it.</param>
/// <param name="Place">Its cursor there: another one is another message.</param>
internal sealed record Saw(string By, string Id, string Text, long Place) : Happening;

/// <summary>Its acknowledgement was answered with 200. Before that, whether it comes back is not known.</summary>
internal sealed record Acknowledged(string By, string Id) : Happening;

/// <summary>kill −9.</summary>
internal sealed record Killed(string Node) : Happening;

/// <summary>SIGTERM.</summary>
/// <param name="Node">Which.</param>
/// <param name="DiskFull">Whether it had no space for what it has to write down then.</param>
internal sealed record Stopped(string Node, bool DiskFull = false) : Happening;

/// <summary>A dead letter that was read and is about to be purged.</summary>
internal sealed record Buried(string Node, string Id, string Reason) : Happening;

/// <summary>What applications know, kept outside of the nodes, in the order in which it happened. For any
/// thread.</summary>
internal sealed class Ledger
{
    private const int Short = 80;

    private readonly Lock _lock = new();
    private readonly List<Happening> _all = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>A text as it is kept: what is long, by its hash.</summary>
    public static string Brief(string text) =>
        text.Length <= Short ? text : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    public void Add(Happening happening)
    {
        lock (_lock) _all.Add(happening with { At = _clock.Elapsed });
    }

    /// <summary>All of it until now.</summary>
    public IReadOnlyList<Happening> All()
    {
        lock (_lock) return [.. _all];
    }

    public int Count<T>() where T : Happening
    {
        lock (_lock) return _all.Count(h => h is T);
    }
}
