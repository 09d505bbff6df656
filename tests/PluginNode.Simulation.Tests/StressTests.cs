using System.Security.Cryptography;
using PluginNode.Simulation.Stress;

namespace PluginNode.Simulation.Tests;

/// <summary>What one thread cannot find: the races of the thread pool.</summary>
[TestFixture]
public sealed class StressTests
{
    private const int Runs = 12;

    [Test]
    public void Run_OnTheThreadPool_KeepsEveryPromise()
    {
        for (var run = 0; run < Runs; run++)
        {
            var seed = (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);
            var (fault, sent, seen) = StressRun.Of(seed, TimeSpan.FromMinutes(6));
            TestContext.Out.WriteLine($"seed {seed}: {sent} sent, {seen} seen");
            Assert.That(fault, Is.Null, $"seed {seed}");
        }
    }
}
