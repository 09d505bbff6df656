namespace PluginNode.EndToEnd.Tests;

/// <summary>The audit is worth what it catches: histories made up by hand, each with one thing wrong.</summary>
[TestFixture]
public sealed class AuditTests
{
    private static readonly HashSet<string> None = [];
    private static readonly Dictionary<string, string> NoneDead = [];

    private readonly List<Happening> _history = [];
    private Remains _alpha = null!;
    private Remains _beta = null!;

    [SetUp]
    public void SetUp()
    {
        _history.Clear();
        _alpha = new Remains("alpha", None, None, NoneDead);
        _beta = new Remains("beta", None, None, NoneDead);
    }

    [Test]
    public void EverythingArrivesOnceInOrder_NothingIsFound()
    {
        for (var i = 0; i < 3; i++)
        {
            Send(i);
            See(i);
            See(i); // before its acknowledgement was answered: it may be shown again
            _history.Add(new Acknowledged("beta", Id(i)));
        }
        Assert.That(Found(), Is.Empty);
        Assert.That(Audit.Of(_history).Seen, Is.EqualTo(3));
    }

    [Test]
    public void AcceptedAndNeverSeen_IsLost()
    {
        Send(0);
        Send(1);
        See(1);
        Assert.That(Found(), Is.EqualTo(new[] { Fault.Lost }));
    }

    [Test]
    public void CriticalAndItsSenderWasKilled_IsLostAllTheSame()
    {
        Send(0);
        _history.Add(new Killed("alpha"));
        Assert.That(Found(), Is.EqualTo(new[] { Fault.Lost }));
    }

    [Test]
    public void ModerateAndItsSenderWasKilledAfterwards_IsForgotten()
    {
        Send(0, stable: false);
        _history.Add(new Killed("alpha"));
        Assert.That(Found(), Is.Empty);
        Assert.That(Audit.Of(_history, _alpha, _beta).Forgotten, Is.EqualTo(1));
    }

    [Test]
    public void ModerateAndItsSenderWasKilledBefore_OrAnotherWas_OrWasStoppedInOrder_IsLost()
    {
        _history.Add(new Killed("alpha"));
        Send(0, stable: false);
        _history.Add(new Killed("beta"));
        _history.Add(new Stopped("alpha"));
        Assert.That(Found(), Is.EqualTo(new[] { Fault.Lost }));
    }

    [Test]
    public void ModerateAndItsSenderWasStoppedOnAFullDisk_IsForgotten()
    {
        Send(0, stable: false);
        _history.Add(new Stopped("alpha", DiskFull: true));
        Assert.That(Found(), Is.Empty);
    }

    [Test]
    public void NeverAnswered_MayArriveOrNot()
    {
        Send(0, accepted: false);
        Send(1, accepted: false);
        See(1);
        Assert.That(Found(), Is.Empty);
    }

    [Test]
    public void TwiceInTheInbox_IsDoubled()
    {
        Send(0);
        See(0, place: 7);
        See(0, place: 8);
        Assert.That(Found(), Is.EqualTo(new[] { Fault.Doubled }));
    }

    [Test]
    public void BackAfterItWasAcknowledged_IsDoubled()
    {
        Send(0);
        See(0);
        _history.Add(new Acknowledged("beta", Id(0)));
        See(0);
        Assert.That(Found(), Is.EqualTo(new[] { Fault.Doubled }));
    }

    [Test]
    public void AnEarlierOneOfTheLaneComesLater_IsOutOfOrder()
    {
        for (var i = 0; i < 3; i++) Send(i);
        foreach (var i in new[] { 0, 2, 1 }) See(i);
        Assert.That(Found(), Is.EqualTo(new[] { Fault.OutOfOrder }));
    }

    [Test]
    public void ModerateOneComesLater_IsOutOfOrder_UnlessItsSenderWasKilledMeanwhile()
    {
        for (var i = 0; i < 4; i++) Send(i, stable: false);
        See(1);
        See(0);
        Assert.That(Found(), Has.Member(Fault.OutOfOrder));
        _history.Add(new Killed("alpha"));
        See(3);
        See(2);
        Assert.That(Found(), Is.EqualTo(new[] { Fault.OutOfOrder }), "the first one still");
        Assert.That(Audit.Of(_history, _alpha, _beta).Late, Is.EqualTo(1));
    }

    [Test]
    public void AnEarlierOneOfAnotherLaneComesLater_IsInOrder()
    {
        Send(0, key: "a");
        Send(1, key: "b");
        See(1);
        See(0);
        Assert.That(Found(), Is.Empty);
    }

    [Test]
    public void StillWaitsAtItsSender_OrUnreadAtItsReceiver_IsStuck()
    {
        Send(0);
        Send(1);
        _alpha = _alpha with { Waiting = new HashSet<string> { Id(0) } };
        _beta = _beta with { Unread = new HashSet<string> { Id(1) } };
        Assert.That(Found(), Is.EqualTo(new[] { Fault.Stuck, Fault.Stuck }));
    }

    [Test]
    public void SeenAndStillWaitsAtItsSender_IsStuck()
    {
        Send(0);
        See(0);
        _alpha = _alpha with { Waiting = new HashSet<string> { Id(0) } };
        Assert.That(Found(), Is.EqualTo(new[] { Fault.Stuck }));
    }

    [TestCase(true, "stopped", false), TestCase(false, "stopped", true)]
    [TestCase(true, "given up after 4 attempts", false), TestCase(false, "given up after 4 attempts", true)]
    [TestCase(true, "expired", false), TestCase(false, "expired", false), TestCase(false, "refused: too large", false)]
    public void DeadLetter_NeedsAReasonThatThisMessageCouldHave(bool stable, string reason, bool explained)
    {
        Send(0, stable: stable);
        _history.Add(new Stopped("alpha"));
        _alpha = _alpha with { Dead = new Dictionary<string, string> { [Id(0)] = reason } };
        Assert.That(Found(), Is.EqualTo(explained ? [] : new[] { Fault.DeadWithoutReason }));
    }

    [TestCase(false, "given up after 4 attempts", true), TestCase(true, "expired", false)]
    public void DeadLetterThatWasPurged_NeedsAReasonToo(bool stable, string reason, bool explained)
    {
        Send(0, stable: stable);
        _history.Add(new Buried("alpha", Id(0), reason));
        Assert.That(Found(), Is.EqualTo(explained ? [] : new[] { Fault.DeadWithoutReason }));
    }

    [Test]
    public void DeadLetterSaysStopped_AndNobodyStoppedIt_IsWithoutReason()
    {
        _history.Add(new Stopped("alpha"));
        Send(0, stable: false);
        _alpha = _alpha with { Dead = new Dictionary<string, string> { [Id(0)] = "stopped" } };
        Assert.That(Found(), Is.EqualTo(new[] { Fault.DeadWithoutReason }));
    }

    [Test]
    public void OtherText_OtherReceiver_OrSentByNobody_IsAltered()
    {
        Send(0);
        Send(1);
        _history.Add(new Saw("beta", Id(0), "other", 0));
        _history.Add(new Saw("alpha", Id(1), "text 1", 1));
        _history.Add(new Saw("beta", Id(9), "text 9", 2));
        Assert.That(Found(), Is.EqualTo(new[] { Fault.Altered, Fault.Altered, Fault.Altered }));
    }

    [Test]
    public void LongestDelivery_IsFromTheAnswerToTheFirstSight()
    {
        _history.Add(new Sent(Id(0), "alpha", "beta", "lane", 0, "text 0"));
        _history.Add(new Accepted(Id(0)) { At = TimeSpan.FromSeconds(2) });
        _history.Add(new Saw("beta", Id(0), "text 0", 0) { At = TimeSpan.FromSeconds(5) });
        _history.Add(new Saw("beta", Id(0), "text 0", 0) { At = TimeSpan.FromSeconds(9) });
        Assert.That(Audit.Of(_history).LongestDelivery, Is.EqualTo(TimeSpan.FromSeconds(3)));
    }

    private void Send(int number, bool stable = true, bool accepted = true, string key = "lane")
    {
        _history.Add(new Sent(Id(number), "alpha", "beta", key, number, $"text {number}", stable));
        if (accepted) _history.Add(new Accepted(Id(number)));
    }

    private void See(int number, long? place = null) =>
        _history.Add(new Saw("beta", Id(number), $"text {number}", place ?? number));

    private List<Fault> Found() => [.. Audit.Of(_history, _alpha, _beta).Findings.Select(f => f.Fault)];

    private static string Id(int number) => $"id-{number}";
}
