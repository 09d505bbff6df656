using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PluginNode.Simulation.Machine;

/// <summary>What happened, in order: all of it as a hash, the end of it as text.</summary>
internal sealed class Trace(Func<long> now, int kept = 400)
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Queue<string> _last = new();

    public IEnumerable<string> Last => _last;

    /// <summary>Where all of it goes; null: nowhere.</summary>
    public static TextWriter? All { get; set; }

    public void Add(string who, string what)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture, $"{TimeSpan.FromTicks(now()):hh\\:mm\\:ss\\.fff} {who,-8} {what}");
        _hash.AppendData(Encoding.UTF8.GetBytes(line));
        All?.WriteLine(line);
        _last.Enqueue(line);
        if (_last.Count > kept) _last.Dequeue();
    }

    /// <summary>A detail for who reads the whole trace; no part of the hash.</summary>
    public void Detail(string who, string what) =>
        All?.WriteLine($"{TimeSpan.FromTicks(now()):hh\\:mm\\:ss\\.fff} {who,-8}   {what}");

    /// <summary>Two runs of one seed have the same.</summary>
    public string Hash() => Convert.ToHexStringLower(_hash.GetCurrentHash())[..16];
}
