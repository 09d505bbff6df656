using PluginNode.Conformance;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Recovery;
using PluginNode.Sync;

namespace PluginNode.Host.Tests;

/// <summary>Recovery as the control API shows and steers it.</summary>
public sealed class RecoveryApiTests
{
    private RecoveringNode _node = null!;

    [SetUp]
    public async Task StartAsync() => _node = await RecoveringNode.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _node.DisposeAsync();

    [Test]
    public async Task WithoutAStrategy_ItIsOff_AndCannotBeRun()
    {
        var body = await GetAsync();
        var (status, problem) = await PostAsync();
        Assert.Multiple(() =>
        {
            Assert.That((string?)body["state"], Is.EqualTo("off"));
            Assert.That((bool)body["underWay"]!, Is.False);
            Assert.That(body["chain"]!.AsArray(), Is.Empty);
            Assert.That((string?)body["signatureChecks"], Does.StartWith("lib"));
            Assert.That(body.AsObject().ContainsKey("coverage") && body["coverage"] is null, Is.True);
            Assert.That(status, Is.EqualTo(HttpStatusCode.Conflict));
            Assert.That((string?)problem!["detail"], Does.StartWith("there is no sync strategy"));
        });
    }

    [Test]
    public async Task Recovered_SaysWhatEachNeighbourTold_AndWhatWasKeptOut()
    {
        var events = await _node.EventsAsync(5);
        var altered = Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(events[4]).Replace("1004", "9999", StringComparison.Ordinal));
        _node.Node.Host.Node.Kernel.Attach(new ScriptedDays([.. _node.Beta.Ledger.Days()]), "tests");
        _node.Attach(ScriptedStrategy.Tells([.. events.Take(4), events[0], altered]));
        await _node.UntilEndAsync();
        var body = await GetAsync();
        var step = body["steps"]![0]!;
        var beta = step["neighbours"]!.AsArray().Single()!;
        Assert.Multiple(() =>
        {
            Assert.That((string?)body["strategy"], Is.EqualTo("scripted"));
            Assert.That(body["chain"]!.AsArray().Select(c => (string?)c), Is.EqualTo(["scripted"]));
            Assert.That((string?)body["endedAt"], Does.EndWith("Z"));
            Assert.That(body["progress"], Is.Null);
            Assert.That((string?)beta["name"], Is.EqualTo("beta"));
            Assert.That((string?)step["purpose"], Is.EqualTo("boot"));
            foreach (var counts in (JsonNode[])[step["counts"]!, beta["counts"]!])
            {
                Assert.That((int)counts["calls"]!, Is.EqualTo(1));
                Assert.That((int)counts["received"]!, Is.EqualTo(6));
                Assert.That((int)counts["merged"]!, Is.EqualTo(4));
                Assert.That((int)counts["duplicates"]!, Is.EqualTo(1));
                Assert.That(counts["rejected"]!.ToJsonString(), Is.EqualTo("""{"wrongId":1}"""));
            }
        });
        var metrics = await _node.Node.Http.GetStringAsync("/metrics");
        Assert.That(metrics, Does.Contain("pluginnode_sync_events_merged_total 4\n")
            .And.Contain("pluginnode_sync_events_rejected_total{reason=\"wrongId\"} 1\n")
            .And.Contain("pluginnode_sync_events_rejected_total{reason=\"wrongSignature\"} 0\n")
            .And.Contain("pluginnode_recovery_under_way 0\n").And.Not.Contain("beta"));
    }

    [Test]
    public async Task Coverage_AnEventThatOnlyANeighbourHas_IsAGap_WithItsDayAndWhoHasIt()
    {
        var events = await _node.EventsAsync(3);
        var days = _node.Beta.Ledger.Days();
        _node.Node.Host.Node.Kernel.Attach(new ScriptedDays([.. days]), "tests");
        _node.Attach(ScriptedStrategy.Tells([.. events.Take(2)]));
        await _node.UntilEndAsync();
        var coverage = (await GetAsync())["coverage"]!;
        var gap = coverage["gaps"]!.AsArray()[0]!;
        Assert.Multiple(() =>
        {
            Assert.That((string?)gap["day"], Is.EqualTo(days[^1].Day.ToString("yyyy-MM-dd", null)));
            Assert.That((string?)gap["neighbour"], Is.EqualTo("beta"));
            Assert.That((int)gap["theirs"]!, Is.EqualTo(days[^1].Count));
            Assert.That((int)gap["theirs"]!, Is.GreaterThan((int)gap["ours"]!));
            Assert.That((double)coverage["share"]!, Is.LessThan(1));
            Assert.That((int)coverage["events"]!, Is.EqualTo(2));
            Assert.That((string?)coverage["services"]![0]!["service"], Is.EqualTo("door"));
            Assert.That((int)coverage["neighbours"]!["disagreeing"]!, Is.EqualTo(1));
        });
    }

    [Test]
    public async Task UnderWay_ItSaysHowFarItIs_IsReady_AndCannotBeRunAgain()
    {
        var events = await _node.EventsAsync(2);
        var released = Signal.New();
        _node.Attach(new ScriptedStrategy(async (session, cancellation) =>
        {
            session.Expect(10);
            await ScriptedStrategy.TellAsync(session, session.Plan.Neighbours[0], events, cancellation);
            await released.Task.WaitAsync(cancellation);
            return new SyncReport(SyncOutcome.Complete);
        }));
        await _node.UntilAsync(s => s.Progress is { Calls: 1 });
        var body = await GetAsync();
        var (ready, health) = await _node.Node.GetAsync("/health/ready");
        var (status, problem) = await PostAsync();
        Assert.Multiple(() =>
        {
            Assert.That((string?)body["state"], Is.EqualTo("recovering"));
            Assert.That((bool)body["underWay"]!, Is.True);
            Assert.That((int)body["progress"]!["events"]!, Is.EqualTo(2));
            Assert.That((int)body["progress"]!["expected"]!, Is.EqualTo(10));
            Assert.That((string?)body["progress"]!["timeLeft"], Does.EndWith("s").Or.EndWith("m").Or.EndWith("h"));
            Assert.That(ready, Is.EqualTo(HttpStatusCode.OK));
            Assert.That((string?)health!["recovery"], Is.EqualTo("recovering"));
            Assert.That(status, Is.EqualTo(HttpStatusCode.Conflict));
            Assert.That((string?)problem!["detail"], Is.EqualTo("a recovery is under way"));
        });
        released.SetResult();
        var first = await _node.UntilEndAsync();
        var (again, _) = await PostAsync();
        Assert.That(again, Is.EqualTo(HttpStatusCode.Accepted));
        var second = await _node.UntilAsync(s => s.StartedAt != first.StartedAt && s.EndedAt is not null);
        Assert.That(second.Steps[0].Counts.Duplicates, Is.EqualTo(2), "everything is asked for again");
    }

    [Test]
    public async Task NobodyAnswers_TheNodeIsReadyAllTheSame()
    {
        _node.Attach(new ScriptedStrategy((session, _) =>
        {
            session.Called(new NeighbourCall(session.Plan.Neighbours[0], "connection refused", 0));
            return Task.FromResult(new SyncReport(SyncOutcome.Failed, "nobody answered"));
        }));
        await _node.UntilAsync(s => s.Phase == RecoveryPhase.Waiting && s.Attempt == 1);
        var (ready, health) = await _node.Node.GetAsync("/health/ready");
        var step = (await GetAsync())["steps"]![0]!;
        Assert.Multiple(() =>
        {
            Assert.That(ready, Is.EqualTo(HttpStatusCode.OK));
            Assert.That((string?)health!["recovery"], Is.EqualTo("waiting"));
            Assert.That((string?)step["outcome"], Is.EqualTo("failed"));
            Assert.That((string?)step["neighbours"]![0]!["lastFailure"], Is.EqualTo("connection refused"));
        });
    }

    [Test]
    public async Task Neighbours_AreOthers_ThoughTheNodeIsItsOwnPeer()
    {
        var self = Convert.ToBase64String(TestPair.IdOf(_node.Node).ToPublicKey());
        var (added, _) = await _node.Node.CallAsync(
            HttpMethod.Put, "/v1/peers/me", $$"""{ "publicKey": "{{self}}", "addresses": ["nowhere:me"] }""");
        Assert.That(added, Is.EqualTo(HttpStatusCode.OK));
        _node.Attach(ScriptedStrategy.Tells());
        await _node.UntilEndAsync();
        var neighbours = (await GetAsync())["steps"]![0]!["neighbours"]!.AsArray();
        Assert.That(neighbours.Select(n => (string?)n!["name"]), Is.EqualTo(["beta"]));
    }

    [Test]
    public async Task Ask_OnePeer_SaysWhatItTold_AndWhatWasKeptOut()
    {
        var events = await _node.EventsAsync(3);
        var altered = Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(events[2]).Replace("1002", "9999", StringComparison.Ordinal));
        SyncPlan? asked = null;
        _node.Attach(new ScriptedStrategy(async (session, cancellation) =>
        {
            var isAsked = session.Plan.Purpose == SyncPurpose.Asked;
            if (isAsked) asked = session.Plan;
            await ScriptedStrategy.TellAsync(
                session, session.Plan.Neighbours[0], isAsked ? [.. events.Take(2), altered] : [], cancellation);
            return new SyncReport(SyncOutcome.Complete);
        }));
        await _node.UntilEndAsync();
        var (status, body) = await PostAsync("""{ "peer": "beta", "subjects": ["beta", "星"] }""");
        Assert.Multiple(() =>
        {
            Assert.That(status, Is.EqualTo(HttpStatusCode.OK), body?.ToJsonString());
            Assert.That(((string?)body!["peer"], (bool)body["answered"]!), Is.EqualTo(("beta", true)));
            var step = body["steps"]!.AsArray().Single()!;
            Assert.That((string?)step["purpose"], Is.EqualTo("asked"));
            Assert.That(
                ((int)step["counts"]!["received"]!, (int)step["counts"]!["merged"]!), Is.EqualTo((3, 2)));
            Assert.That(step["counts"]!["rejected"]!.ToJsonString(), Is.EqualTo("""{"wrongId":1}"""));
            Assert.That(asked!.Subjects, Is.EqualTo(["beta", "星"]));
        });
    }

    [TestCase("{}", 400, "peer")]
    [TestCase("""{ "peer": "beta", "who": 1 }""", 400, "who")]
    [TestCase("""{ "peer": "beta", "subjects": ["a", ""] }""", 400, "subjects[1]")]
    [TestCase("""{ "peer": "beta", "subjects": [null] }""", 400, "subjects[0]")]
    [TestCase("""{ "peer": "nobody" }""", 404, "there is no peer 'nobody'")]
    [TestCase("""{ "peer": "mute" }""", 409, "'mute' can't be asked")]
    [TestCase("""{ "peer": "beta" }""", 409, "there is no sync strategy")]
    public async Task Ask_WhatCannotBe_IsAProblem(string body, int expected, string says)
    {
        var key = Convert.ToBase64String(Enumerable.Repeat((byte)9, 32).ToArray());
        await _node.Node.CallAsync(
            HttpMethod.Put, "/v1/peers/mute",
            $$"""{ "publicKey": "{{key}}", "addresses": ["nowhere:mute"], "sendOnly": true }""");
        var (status, problem) = await PostAsync(body);
        Assert.That((int)status, Is.EqualTo(expected), problem?.ToJsonString());
        Assert.That((string?)problem!["detail"], Does.StartWith(says));
    }

    [Test]
    public async Task OpenApi_DescribesIt()
    {
        var document = (await _node.Node.GetAsync("/openapi/v1.json")).Body!;
        var recovery = document["paths"]!["/v1/recovery"]!;
        var schemas = document["components"]!["schemas"]!.AsObject().Select(s => s.Key);
        Assert.That(
            recovery["post"]!["responses"]!.AsObject().Select(r => r.Key),
            Is.EqualTo(["200", "202", "400", "404", "409", "503"]));
        Assert.That(recovery["get"]!["responses"]!["200"]!["content"]!["application/json"], Is.Not.Null);
        Assert.That(schemas, Does.Contain("RecoveryBody").And.Contain("CoverageBody").And.Contain("PresenceBody"));
    }

    private async Task<JsonNode> GetAsync()
    {
        var (status, body) = await _node.Node.GetAsync("/v1/recovery");
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK), body?.ToJsonString());
        return body!;
    }

    private Task<(HttpStatusCode Status, JsonNode? Body)> PostAsync(string? body = null) =>
        _node.Node.CallAsync(HttpMethod.Post, "/v1/recovery", body);
}
