using System.Text;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Requests;

/// <summary>Answers with what it was asked, or as a test says.</summary>
internal sealed class Echo(string protocol = Echo.Name, int most = 100) : IRequestAnswerer
{
    public const string Name = "/echo/1";

    public string Protocol => protocol;

    public int MaxRequestBytes => most;

    public int Calls { get; private set; }

    public Func<PeerId, PeerRequest, CancellationToken, Task<RequestOutcome>> Answer { get; set; } =
        (_, request, _) => Task.FromResult(RequestOutcome.Answer(request.Body));

    public Task<RequestOutcome> AnswerAsync(PeerId from, PeerRequest request, CancellationToken cancellation)
    {
        Calls++;
        return Answer(from, request, cancellation);
    }

    public static PeerRequest Ask(string text = "hello", string protocol = Name, int most = 1000) =>
        new(protocol, Encoding.UTF8.GetBytes(text), most);

    public static string TextOf(RequestOutcome outcome) => Encoding.UTF8.GetString(outcome.Body.Span);

    /// <summary>Never answers, whatever happens.</summary>
    public void Hangs() => Answer = (_, _, _) => new TaskCompletionSource<RequestOutcome>().Task;
}
