using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>A connection that the broker has taken. Whoever has it disposes of the stream.</summary>
internal sealed record Link(Stream Stream, PipeReader Reader, SessionTerms Terms);

/// <summary>Connects: TCP, TLS, CONNECT and CONNACK. One loop.</summary>
internal sealed class Dialer(MqttClientOptions options, TimeProvider time, ILogger logger)
{
    private bool _older = options.Protocol == MqttProtocol.V311;
    private bool _keepsWill = true;

    /// <summary>A link, or why there is none; with the fallbacks that the options allow.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<(Link? Link, ConnectionEnd? End)> DialAsync(CancellationToken cancellationToken)
    {
        var (link, end) = await DialWithFallbackAsync(cancellationToken);
        if (end is not { Reason: MqttReason.RetainNotSupported } || !_keepsWill || options.Will is not { Retain: true })
            return (link, end);
        _keepsWill = false; // a will that is heard and not kept is better than no connection
        return await DialWithFallbackAsync(cancellationToken);
    }

    private async Task<(Link? Link, ConnectionEnd? End)> DialWithFallbackAsync(CancellationToken cancellationToken)
    {
        if (_older) return await DialAsync(MqttVersion.V311, cancellationToken);
        var (link, end) = await DialAsync(MqttVersion.V5, cancellationToken);
        var refused = end is { Reason: MqttReason.UnsupportedProtocolVersion };
        if (options.Protocol != MqttProtocol.V5ThenV311 || (!refused && end is not { WasSilent: true }))
            return (link, end);
        var (second, secondEnd) = await DialAsync(MqttVersion.V311, cancellationToken);
        if (second is null) return (null, refused ? secondEnd : end);
        _older = refused;
        LogMessages.FellBack(logger, options.Endpoint);
        return (second, null);
    }

    private async Task<(Link? Link, ConnectionEnd? End)> DialAsync(
        MqttVersion version, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.ConnectTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Stream? stream = null;
        try
        {
            stream = await ConnectAsync(both.Token);
            if (options.Tls is { } tls) stream = await SecureAsync(stream, tls, both.Token);
            var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 65_536, leaveOpen: true));
            var (terms, end) = await GreetAsync(stream, reader, version, both.Token);
            if (terms is null) return (null, end);
            var link = new Link(stream, reader, terms);
            stream = null;
            return (link, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, ConnectionEnd.Lost($"no answer within {options.ConnectTimeout}"));
        }
        catch (AuthenticationException e)
        {
            return (null, ConnectionEnd.Lost($"TLS failed: {e.Message} {e.InnerException?.Message}".TrimEnd()));
        }
        catch (SocketException e)
        {
            return (null, ConnectionEnd.Lost(e.Message));
        }
        catch (IOException e)
        {
            // Also a broker of TLS 1.3 that does not take this client's certificate: it is told after the handshake.
            return (null, ConnectionEnd.Silent() with { Text = $"{ConnectionEnd.Silent().Text}: {e.Message}" });
        }
        finally
        {
            if (stream is not null) await stream.DisposeAsync();
        }
    }

    private async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        // Without NoDelay each acknowledged message may wait for a delayed acknowledgement of TCP.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Stream> SecureAsync(Stream inner, MqttTlsOptions tls, CancellationToken cancellationToken)
    {
        var stream = new SslStream(inner, leaveInnerStreamOpen: false);
        var how = new SslClientAuthenticationOptions { TargetHost = tls.TargetHost ?? options.Host };
        if (tls.ClientCertificate is { } certificate)
            how.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        if (tls.Authorities is { } authorities)
        {
            how.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
            };
            how.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        try
        {
            await stream.AuthenticateAsClientAsync(how, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private async Task<(SessionTerms? Terms, ConnectionEnd? End)> GreetAsync(
        Stream stream, PipeReader reader, MqttVersion version, CancellationToken cancellationToken)
    {
        using var buffer = new PacketBuffer();
        PacketEncoder.Write(buffer, Greeting.Of(options, version, _keepsWill), version);
        await stream.WriteAsync(buffer.Written, cancellationToken);
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var bytes = read.Buffer;
            var cut = PacketFraming.TryCut(ref bytes, options.MaximumPacketBytes, out var raw, out var fault);
            if (cut)
            {
                var packet = PacketDecoder.Decode(raw, version, out fault);
                reader.AdvanceTo(bytes.Start);
                if (packet is ConnAckPacket answer) return Judge(answer, version);
                fault ??= new PacketFault(MqttReason.ProtocolError, $"{raw.Type} before CONNACK");
            }
            if (fault is { } wrong) return (null, ConnectionEnd.Of(wrong));
            if (read.IsCompleted) return (null, ConnectionEnd.Silent());
            reader.AdvanceTo(bytes.Start, bytes.End);
        }
    }

    private (SessionTerms? Terms, ConnectionEnd? End) Judge(ConnAckPacket answer, MqttVersion version)
    {
        if (answer.Reason != MqttReason.Success) return (null, ConnectionEnd.Refused(answer));
        var terms = SessionTerms.Of(answer, version, options);
        if (terms.SessionPresent && options.SessionExpiry == TimeSpan.Zero)
            return (null, ConnectionEnd.Of(new PacketFault(
                MqttReason.ProtocolError, "a session is present and a clean one was asked for")));
        return (terms, null);
    }
}
