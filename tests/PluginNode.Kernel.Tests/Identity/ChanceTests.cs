using System.Collections.Concurrent;
using PluginNode.Identity;

namespace PluginNode.Kernel.Tests.Identity;

public sealed class ChanceTests
{
    [Test]
    public void Fill_ManyCallersAtOnce_NothingIsHandedOutTwice()
    {
        var chance = new SystemChance(TimeProvider.System);
        var seen = new ConcurrentDictionary<ulong, int>();
        var words = 0;
        // of all lengths around those that are taken from what was fetched ahead
        Parallel.For(0, 20_000, i =>
        {
            var bytes = new byte[8 * (1 + (i % 40))];
            chance.Fill(bytes);
            for (var at = 0; at < bytes.Length; at += 8) seen[BitConverter.ToUInt64(bytes, at)] = i;
            Interlocked.Add(ref words, bytes.Length / 8);
        });

        Assert.Multiple(() =>
        {
            // 64 bits each: two alike by chance once in a hundred million runs
            Assert.That(seen, Has.Count.EqualTo(words));
            Assert.That(seen.ContainsKey(0), Is.False, "what was wiped is not handed out");
        });
    }

    [Test]
    public void Fill_AnyLength_EveryByteIsFilled([Values(1, 10, 255, 256, 257, 1023, 1024, 1025)] int length)
    {
        var chance = new SystemChance(TimeProvider.System);
        var everSet = new byte[length];
        var bytes = new byte[length];
        for (var i = 0; i < 40; i++)
        {
            Array.Clear(bytes);
            chance.Fill(bytes);
            for (var at = 0; at < length; at++) everSet[at] |= bytes[at];
        }

        Assert.That(everSet, Has.None.EqualTo(0), "forty draws leave no byte zero");
    }
}
