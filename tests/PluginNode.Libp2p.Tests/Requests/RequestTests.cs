using System.Text;
using PluginNode.Conformance;
using PluginNode.Conformance.Fakes;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Fakes;
using PluginNode.Libp2p.Hosting;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Requests;

/// <summary>Requests between the transport and a libp2p program that does with the protocol what it likes.</summary>
[TestFixture]
internal sealed class RequestTests
{
    private const string Question = "/some/question/1";
    private const int MostAnswer = 1 << 20;

    private ManualTimeProvider _time = null!;
    private TransportNode _node = null!;
    private Libp2pHost _peer = null!;

    [SetUp]
    public async Task SetUp()
    {
        _time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        _node = await new TransportNode(Options, _time).StartAsync();
        _peer = Some.Host();
        _node.Peers.Add(_peer.Self);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _peer.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Test]
    public async Task Answer_ComesWithoutThatTheQuestionIsFinished()
    {
        await using var stream = await OpenAsync();
        await stream.WriteAsync(Asking("hello"));
        Assert.That(await AnswerAsync(stream), Is.EqualTo((1, "hello")));
        Assert.That(await stream.ReadToEndAsync().SoonAsync(), Is.EqualTo((0L, Some.Sha256([]))), "it is finished");
    }

    [Test]
    public async Task Answer_TurnedDownByItsHead_TheBodyIsNotWaitedFor()
    {
        _node.Host.Judgement = (protocol, bytes) =>
            RequestOutcome.None(RequestStatus.Unsupported, $"{protocol} {bytes}");
        await using var stream = await OpenAsync();
        await stream.WriteAsync(Asking("hello").AsMemory(0, RequestWire.QuestionHead + Question.Length));
        Assert.That(await AnswerAsync(stream), Is.EqualTo((2, $"{Question} 5")));
    }

    [Test]
    public async Task Answer_ToAStranger_IsThatItIsUnknown_AndTheLogSaysSoOnce()
    {
        _node.Peers.Remove(_peer.Self);
        for (var i = 0; i < 2; i++)
        {
            await using var stream = await OpenAsync();
            await stream.WriteAsync(Asking("hello"));
            Assert.That(await AnswerAsync(stream), Is.EqualTo((3, "unknown sender")));
        }
        Assert.That(_node.Host.Calls, Is.Zero);
        Assert.That(_node.Logs.Lines.Count(l => l.Event.Id == 3212), Is.EqualTo(1));
    }

    [TestCase("ffff")] // a name of 65 535 bytes
    [TestCase("0000")]
    [TestCase("0001" + "00000001" + "00000000" + "ff")] // no UTF-8
    public async Task Question_ThatIsNone_IsReset_AndTheLogSaysSoWithoutIt(string bytes)
    {
        await using var stream = await OpenAsync();
        await stream.WriteAsync(Convert.FromHexString(bytes.PadRight(32, '0')));
        Assert.That(await Patience.FaultOfAsync(() => stream.ReadToEndAsync()), Is.EqualTo(Libp2pFault.Reset));
        Assert.That(_node.Logs.Lines.Count(l => l.Event.Id == 3213), Is.EqualTo(1));
        Assert.That(_node.Host.Requests, Is.Empty);
    }

    [Test]
    public async Task Question_ThatIsCutShort_IsReset()
    {
        await using var stream = await OpenAsync();
        await stream.WriteAsync(Asking("hello").AsMemory()[..^1]);
        await stream.CloseWriteAsync();
        Assert.That(await Patience.FaultOfAsync(() => stream.ReadToEndAsync()), Is.EqualTo(Libp2pFault.Reset));
        Assert.That(_node.Host.Requests, Is.Empty);
    }

    [Test]
    public async Task Question_ThatDoesNotComeToItsEnd_IsResetInTime()
    {
        await using var stream = await OpenAsync();
        await stream.WriteAsync(Asking("hello").AsMemory()[..^1]);
        var end = Patience.FaultOfAsync(() => stream.ReadToEndAsync());
        await AdvanceUntilAsync(end);
        Assert.That(await end, Is.EqualTo(Libp2pFault.Reset));
    }

    [Test]
    public async Task Answers_ThatNobodyReads_HoldUpNobodyElse_AndTheNextOfThatPeerAreTurnedAwayInTime()
    {
        await using var other = Some.Host();
        _node.Peers.Add(other.Self);
        _node.Host.Reply = _ => RequestOutcome.Answer(new byte[MostAnswer]);
        var unread = new List<ProtocolStream>();
        for (var i = 0; i < 3; i++)
        {
            unread.Add(await OpenAsync());
            await unread[i].WriteAsync(Asking("hello"));
            if (i < 2) await Patience.UntilAsync(() => _node.Host.Requests.Count == i + 1, "it is asked");
        }
        await using var stream = await OpenAsync(other);
        await stream.WriteAsync(Asking("hello"));
        Assert.That((await AnswerAsync(stream)).Status, Is.EqualTo(1));
        var third = AnswerAsync(unread[2]);
        await AdvanceUntilAsync(third);
        Assert.That(await third, Is.EqualTo((4, "too much is being asked at once")));
        Assert.That(_node.Host.Requests, Has.Count.EqualTo(3), "two of the one, and one of the other");
        foreach (var left in unread) await left.DisposeAsync();
    }

    [Test]
    public async Task Ask_WhoAnswersNoRequests_IsUnsupported()
    {
        var outcome = await AskAsync();
        Assert.That((outcome.Status, outcome.Reason),
            Is.EqualTo((RequestStatus.Unsupported, "the peer answers no requests over libp2p")));
    }

    [TestCase("00" + "00000000", "An answer's head is none.")]
    [TestCase("01" + "00000005" + "6869", "the answer is cut short")]
    [TestCase("0100", "the answer is cut short")]
    public async Task Ask_WhoAnswersGarbage_Fails(string answer, string reason)
    {
        _peer.Handle(RequestWire.Protocol, async (stream, stop) =>
        {
            await stream.ReadExactlyAsync(new byte[RequestWire.QuestionHead], stop);
            await stream.WriteAsync(Convert.FromHexString(answer), stop);
        });
        var outcome = await AskAsync();
        Assert.That((outcome.Status, outcome.Body.Length), Is.EqualTo((RequestStatus.Failed, 0)));
        Assert.That(outcome.Reason, Is.EqualTo(reason));
        Assert.That(_node.Host.HeardOf(_peer.Self), Is.False);
    }

    [Test]
    public async Task Ask_ALengthAloneIsNotBelieved()
    {
        _peer.Handle(RequestWire.Protocol, async (stream, stop) =>
        {
            await stream.ReadExactlyAsync(new byte[RequestWire.QuestionHead], stop);
            await stream.WriteAsync(Convert.FromHexString("017fffffff"), stop);
        });
        Assert.That((await AskAsync()).Status, Is.EqualTo(RequestStatus.TooLarge));
    }

    [TestCase("", RequestStatus.Failed)]
    [TestCase("0100000005" + "68", RequestStatus.TooSlow)]
    public async Task Ask_WhoIsSilent_EndsInTime(string answer, RequestStatus status)
    {
        var inside = Signal.New();
        _peer.Handle(RequestWire.Protocol, async (stream, stop) =>
        {
            await stream.WriteAsync(Convert.FromHexString(answer), stop);
            inside.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        var asking = AskAsync();
        await inside.Task.SoonAsync();
        await AdvanceUntilAsync(asking);
        Assert.That((await asking).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task Ask_WhoTurnsDownWhatItHasNotRead_ItsWordIsTaken()
    {
        _peer.Handle(RequestWire.Protocol, async (stream, stop) =>
        {
            await stream.WriteAsync(Convert.FromHexString("04000000026e6f"), stop);
        });
        var outcome = await AskAsync(Some.Pattern(900_000)); // more than a window
        Assert.That((outcome.Status, outcome.Reason), Is.EqualTo((RequestStatus.Busy, "no")));
        Assert.That(_node.Host.HeardOf(_peer.Self));
    }

    private static Libp2pOptions Options => new()
    {
        Listen = ["/ip4/127.0.0.1/tcp/0"], MaxRequestBytes = 1 << 20, MaxAnswerBytes = MostAnswer,
    };

    private static byte[] Asking(string body) =>
        RequestWire.Write(new PeerRequest(Question, Encoding.UTF8.GetBytes(body), 0), MostAnswer, out _);

    private static async Task<(int Status, string Text)> AnswerAsync(ProtocolStream stream)
    {
        var head = new byte[RequestWire.AnswerHead];
        await stream.ReadExactlyAsync(head).SoonAsync();
        var text = new byte[(head[1] << 24) | (head[2] << 16) | (head[3] << 8) | head[4]];
        await stream.ReadExactlyAsync(text).SoonAsync();
        return (head[0], Encoding.UTF8.GetString(text));
    }

    private async Task AdvanceUntilAsync(Task end)
    {
        // in steps of less than the keep-alive's 15 s, each after what is on its way has come
        for (var seconds = 0; seconds < 60 && !end.IsCompleted; seconds++)
        {
            await _peer.PingAsync(await _peer.ConnectAsync(_node.Id, [], default), default).SoonAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private Task<RequestOutcome> AskAsync(byte[]? body = null)
    {
        var address = TransportNode.Parse((_peer.Listen(Some.Loopback) with { Peer = _peer.Self }).ToString());
        return _node.Transport.RequestAsync(
            _peer.Self, address, new PeerRequest(Question, body ?? "hello"u8.ToArray(), 1000), default).SoonAsync();
    }

    private Task<ProtocolStream> OpenAsync(Libp2pHost? from = null) => (from ?? _peer).OpenStreamAsync(
        _node.Id, [Multiaddr.Parse(_node.Address.Text)], RequestWire.Protocol, default).SoonAsync();
}
