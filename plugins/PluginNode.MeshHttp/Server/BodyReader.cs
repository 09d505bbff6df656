using System.Security.Cryptography;

namespace PluginNode.MeshHttp.Server;

/// <summary>Reads bodies whose length is known.</summary>
internal static class BodyReader
{
    /// <summary>Fills <paramref name="into"/>; its SHA-256 is done when the last byte is there.</summary>
    /// <exception cref="EndOfStreamException">The body is shorter.</exception>
    public static async Task<byte[]> ReadAsync(Stream body, Memory<byte> into, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (into.Length > 0)
        {
            var count = await body.ReadAsync(into, cancellation);
            if (count == 0) throw new EndOfStreamException("The body ended early.");
            hash.AppendData(into.Span[..count]);
            into = into[count..];
        }
        return hash.GetHashAndReset();
    }
}
