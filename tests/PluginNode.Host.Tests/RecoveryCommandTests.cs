using PluginNode.Conformance;
using System.Text.Json.Nodes;
using PluginNode.Sync;

namespace PluginNode.Host.Tests;

/// <summary><c>pluginnode recovery</c>, against a node in this process.</summary>
public sealed class RecoveryCommandTests
{
    private RecoveringNode _node = null!;
    private string _file = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _node = await RecoveringNode.StartAsync();
        _file = _node.Node.FileForCommands();
    }

    [TearDown]
    public async Task StopAsync() => await _node.DisposeAsync();

    [Test]
    public async Task WithoutAStrategy_StatusSaysSo_AndRunIs1()
    {
        var status = await RunAsync("recovery", "status");
        Assert.That(status.Code, Is.Zero, status.Error);
        Assert.That(status.Output, Does.Contain("off: there is no sync strategy"));
        var run = await RunAsync("recovery", "run");
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Error, Does.StartWith("there is no sync strategy"));
    }

    [Test]
    public async Task Run_FollowsUntilTheEnd_AndShowsWhatCameOfIt()
    {
        var events = await _node.EventsAsync(3);
        _node.Node.Host.Node.Kernel.Attach(new ScriptedDays([.. _node.Beta.Ledger.Days()]), "tests");
        _node.Attach(ScriptedStrategy.Tells([.. events]));
        await _node.UntilEndAsync();
        var (code, output, error) = await RunAsync("recovery", "run");
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.Zero, output + error);
            Assert.That(output, Does.Match(@"state +recovered").And.Match(@"strategy +scripted"));
            Assert.That(output, Does.Contain("100 % of what neighbours hold").And.Contain(" beta "));
            Assert.That(output, Does.Match(@"door +3 "));
            Assert.That(error, Is.Empty, "no terminal");
        });
        var json = JsonNode.Parse((await RunAsync("recovery", "status", "--json")).Output)!;
        Assert.That((int)json["steps"]![0]!["counts"]!["duplicates"]!, Is.EqualTo(3), "the second run");
    }

    [Test]
    public async Task Run_ThatDoesNotEndRecovered_Is1_AndSaysWhy()
    {
        var events = await _node.EventsAsync(3);
        _node.Attach(new ScriptedStrategy(async (session, cancellation) =>
        {
            await ScriptedStrategy.TellAsync(session, session.Plan.Neighbours[0], [.. events.Take(1)], cancellation);
            return new SyncReport(SyncOutcome.Partial, "the others are tired");
        }));
        await _node.UntilEndAsync();
        var (code, output, _) = await RunAsync("recovery", "run");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain("partial: the rest is got in the background")
            .And.Contain("the others are tired").And.Contain("is not known"));
    }

    /// <summary>By a clock that the test moves: three tries take two minutes.</summary>
    [TestCase(false), TestCase(true)]
    public async Task Alone_SaysWhetherNobodyIsThereOrAllRefuse(bool refused)
    {
        var time = new Conformance.Fakes.ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var node = await RecoveringNode.StartAsync(time: time);
        node.Attach(new ScriptedStrategy((session, _) =>
        {
            foreach (var neighbour in session.Plan.Neighbours)
                session.Called(new NeighbourCall(neighbour, "HTTP 401", 0) { IsUnknownThere = refused });
            return Task.FromResult(new SyncReport(SyncOutcome.Failed));
        }));
        var end = node.UntilEndAsync();
        while (!end.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(5)); // not further: a wait that begins meanwhile has its own time
            await Task.WhenAny(end, Task.Delay(10));
        }
        await end;

        var (code, output, error) = await Cli.RunAsync(["recovery", "status", "--config", node.Node.FileForCommands()]);

        Assert.That(code, Is.Zero, error);
        Assert.That(output, Does.Contain(refused
            ? "alone: a neighbour refuses this node: it must be in its peer list, with its name and its public key"
            : "alone: no neighbour answered; it is tried again"));
        var (_, body) = await node.Node.GetAsync("/v1/recovery");
        Assert.That(((string?)body!["state"], (int)body["refusing"]!), Is.EqualTo(("alone", refused ? 1 : 0)));
    }

    [Test]
    public async Task Run_NoWait_AnswersAtOnce_AndIs1WhileOneIsUnderWay()
    {
        var released = Signal.New();
        _node.Attach(new ScriptedStrategy(async (session, cancellation) =>
        {
            await ScriptedStrategy.TellAsync(session, session.Plan.Neighbours[0], [], cancellation);
            if (session.Plan.Purpose == SyncPurpose.Boot) await released.Task.WaitAsync(cancellation);
            return new SyncReport(SyncOutcome.Complete);
        }));
        await _node.UntilAsync(s => s.Progress is not null);
        var second = await RunAsync("recovery", "run", "--no-wait");
        Assert.That((second.Code, second.Error.Trim()), Is.EqualTo((1, "a recovery is under way")));
        released.SetResult();
        await _node.UntilEndAsync();
        Assert.That((await RunAsync("recovery", "run", "--no-wait")).Code, Is.Zero);
    }

    [Test]
    public async Task Ask_ShowsWhatOnePeerTold_And1WhereItTellsNothing()
    {
        var events = await _node.EventsAsync(2);
        IReadOnlyList<string>? subjects = null;
        _node.Attach(new ScriptedStrategy(async (session, cancellation) =>
        {
            if (session.Plan.Purpose != SyncPurpose.Asked || session.Plan.Subjects.Count == 0)
            {
                session.Called(new NeighbourCall(session.Plan.Neighbours[0], "connection refused", 0));
                return new SyncReport(SyncOutcome.Failed, "nobody answered");
            }
            subjects = session.Plan.Subjects;
            await ScriptedStrategy.TellAsync(session, session.Plan.Neighbours[0], events, cancellation);
            return new SyncReport(SyncOutcome.Partial, "who knows");
        }));
        await _node.UntilAsync(s => s.NextAt is not null);
        var (code, output, error) = await RunAsync("recovery", "ask", "beta", "--subjects", "beta, gamma");
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.Zero, output + error);
            Assert.That(output, Does.Match(@"scripted +asked +partial +1 +0 +2 +2 ").And.Contain("who knows"));
            Assert.That(subjects, Is.EqualTo(["beta", "gamma"]));
        });
        var silent = await RunAsync("recovery", "ask", "beta", "--json");
        Assert.That(silent.Code, Is.EqualTo(1), silent.Error);
        Assert.That((bool)JsonNode.Parse(silent.Output)!["answered"]!, Is.False);
        Assert.That((await RunAsync("recovery", "ask", "nobody")).Error, Does.StartWith("there is no peer 'nobody'"));
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] args) =>
        Cli.RunAsync([.. args, "--config", _file]);
}
