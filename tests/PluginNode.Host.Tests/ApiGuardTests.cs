using System.Net;
using System.Net.Http.Headers;
using System.Runtime.Versioning;

namespace PluginNode.Host.Tests;

public sealed class ApiGuardTests
{
    private TestNode _node = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _node = await TestNode.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _node.DisposeAsync();

    [Test]
    public async Task Request_WithToken_IsServed() =>
        Assert.That(await StatusAsync("/v1/peers", _ => { }), Is.EqualTo(HttpStatusCode.OK));

    [TestCase(null)]
    [TestCase("Bearer")]
    [TestCase("Bearer wrong")]
    [TestCase("Basic abc")]
    public async Task Request_WithoutTheToken_Is401(string? authorization)
    {
        var status = await StatusAsync("/v1/peers", r =>
        {
            r.Headers.Authorization = null;
            if (authorization is not null) r.Headers.TryAddWithoutValidation("Authorization", authorization);
        }, withToken: false);
        Assert.That(status, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("/v1/messages")]
    [TestCase("/v1/inbox")]
    [TestCase("/v1/inbox/stream")]
    [TestCase("/v1/plugins")]
    [TestCase("/v1/dead-letters")]
    [TestCase("/openapi/v1.json")]
    [TestCase("/nothing")]
    [TestCase("/healthy")]
    public async Task Route_WithoutToken_Is401(string path) =>
        Assert.That(await StatusAsync(path, _ => { }, withToken: false), Is.EqualTo(HttpStatusCode.Unauthorized));

    [TestCase("/health/live")]
    [TestCase("/health/ready")]
    [TestCase("/metrics")]
    public async Task MachineRoute_WithoutToken_IsServed(string path) =>
        Assert.That(await StatusAsync(path, _ => { }, withToken: false), Is.EqualTo(HttpStatusCode.OK));

    [TestCase("evil.example")]
    [TestCase("127.0.0.1.evil.example")]
    [TestCase("10.0.0.1")]
    public async Task Request_ForAnotherHost_IsNotServed(string host)
    {
        Assert.That(await StatusAsync("/v1/peers", r => r.Headers.Host = host), Is.EqualTo(HttpStatusCode.MisdirectedRequest));
        Assert.That(await StatusAsync("/metrics", r => r.Headers.Host = host), Is.EqualTo(HttpStatusCode.MisdirectedRequest));
    }

    [TestCase("localhost")]
    [TestCase("localhost:7400")]
    [TestCase("127.0.0.1")]
    [TestCase("[::1]:7400")]
    public async Task Request_ForALoopbackName_IsServed(string host) =>
        Assert.That(await StatusAsync("/v1/peers", r => r.Headers.Host = host), Is.EqualTo(HttpStatusCode.OK));

    [TestCase("http://evil.example")]
    [TestCase("null")]
    [TestCase("http://127.0.0.1:1")]
    public async Task Request_OfAnotherPage_Is403(string origin)
    {
        Assert.That(await StatusAsync("/v1/peers", r => r.Headers.Add("Origin", origin)), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await StatusAsync("/metrics", r => r.Headers.Add("Origin", origin)), Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task Request_OfItsOwnOrigin_IsServed()
    {
        var own = _node.Host.Address.GetLeftPart(UriPartial.Authority);
        Assert.That(await StatusAsync("/v1/peers", r => r.Headers.Add("Origin", own)), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Refusal_IsProblemDetails()
    {
        using var http = new HttpClient { BaseAddress = _node.Host.Address };
        using var response = await http.GetAsync("/v1/peers");
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That(response.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
    }

    [Test, Platform(Exclude = "Win", Reason = "Windows has no such modes.")]
    [UnsupportedOSPlatform("windows")]
    public void TokenFile_IsForItsOwnerOnly()
    {
        var file = Path.Combine(_node.Folder, "data", "api.token");
        Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(File.GetUnixFileMode(Path.GetDirectoryName(file)!),
            Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        Assert.That(File.ReadAllText(file).Trim(), Has.Length.EqualTo(43));
    }

    private async Task<HttpStatusCode> StatusAsync(string path, Action<HttpRequestMessage> change, bool withToken = true)
    {
        using var http = new HttpClient { BaseAddress = _node.Host.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (withToken) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _node.Host.Token.Text);
        change(request);
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }
}
