using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Ledger;

/// <summary>Keeps learned keys on stable storage, in few records. Owned by the ledger's loop.</summary>
internal sealed class PinLog(Journal journal)
{
    private const int KeysInRecord = 48; // each has a name and an id of 256 bytes at most, in a header of 64 KiB

    private readonly CarryList<PinnedKeys> _small = new();

    /// <summary>Records to be committed together.</summary>
    /// <param name="Records">The new ones.</param>
    /// <param name="Replaced">Those whose content is in them.</param>
    public sealed record Writing(
        List<(long Sequence, PinnedKeys Keys)> Records, List<(long Sequence, PinnedKeys Content)> Replaced)
    {
        public IEnumerable<Entry> Entries =>
            Records.Select(r => new Entry(Collection.PinnedKeys, Guid.Empty, r.Sequence, r.Keys));
    }

    /// <summary>The records for keys that were learned; to be ended with <see cref="Written"/> or
    /// <see cref="Failed"/>.</summary>
    public Writing Write(List<PinnedKey> keys)
    {
        var writing = new Writing([], []);
        foreach (var part in keys.Chunk(KeysInRecord))
        {
            var fresh = new PinnedKeys();
            fresh.Keys.AddRange(part);
            var record = new PinnedKeys();
            foreach (var (sequence, older) in _small.Take(fresh.CalculateSize()))
            {
                record.Keys.AddRange(older.Keys); // what came first stands first
                writing.Replaced.Add((sequence, older));
            }
            record.Keys.AddRange(fresh.Keys);
            writing.Records.Add((journal.NextSequence(), record));
        }
        return writing;
    }

    public void Written(Writing writing)
    {
        foreach (var (sequence, keys) in writing.Records) _small.Put(sequence, keys);
    }

    public void Failed(Writing writing)
    {
        foreach (var (sequence, keys) in writing.Replaced) _small.Put(sequence, keys);
    }

    public void Restore(long sequence, PinnedKeys keys) => _small.Put(sequence, keys);
}
