using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PluginNode.Identity;

namespace PluginNode.Import;

/// <summary>The file cannot be taken over; the message says why.</summary>
public sealed class OlderOutboxException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Reads the file in which an older program kept its outbox, <c>dnt_cache.bin</c>:
/// <code>
/// file = nonce (12) ‖ AES-256-GCM of a JSON array ‖ tag (16)
/// key  = HKDF-SHA256(seed ‖ public key, no salt, "oc-discovery/dnt-cache/v1")
/// </code>
/// An outbox that was emptied is <c>null</c> there.
/// </summary>
public static class OlderOutbox
{
    private const string KeyUse = "oc-discovery/dnt-cache/v1";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int KeyBytes = 32;

    /// <summary>All entries, in their order.</summary>
    /// <param name="identity">The key of the node that wrote it.</param>
    /// <param name="file">What stands in the file.</param>
    /// <exception cref="OlderOutboxException">It is no such file, is damaged, or another key wrote it.</exception>
    public static IReadOnlyList<OlderEntry> Read(NodeIdentity identity, ReadOnlySpan<byte> file)
    {
        ArgumentNullException.ThrowIfNull(identity);
        if (file.Length < NonceBytes + TagBytes)
            throw new OlderOutboxException(
                $"it is too short: {file.Length} bytes, where {NonceBytes + TagBytes} are the least");
        var plain = new byte[file.Length - NonceBytes - TagBytes];
        var key = identity.DeriveKey([], KeyUse, KeyBytes);
        try
        {
            using var aes = new AesGcm(key, TagBytes);
            aes.Decrypt(file[..NonceBytes], file[NonceBytes..^TagBytes], file[^TagBytes..], plain);
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new OlderOutboxException(
                "this key does not open it: another key wrote it, or it is damaged, or it is another kind of file", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
        return Decode(plain);
    }

    private static List<OlderEntry> Decode(byte[] plain)
    {
        try
        {
            var entries = new List<OlderEntry>();
            var times = new Dictionary<Guid, int>();
            foreach (var entry in JsonSerializer.Deserialize(plain, OlderJson.Default.StoredListJson) ?? [])
            {
                if (entry is null) throw new JsonException($"entry {entries.Count} is null");
                var same = IdOf(entry, 0);
                var before = times.GetValueOrDefault(same);
                times[same] = before + 1;
                entries.Add(new OlderEntry(before == 0 ? same : IdOf(entry, before), entry));
            }
            return entries;
        }
        catch (JsonException e)
        {
            throw new OlderOutboxException($"the key opens it, but it holds no such messages: {e.Message}", e);
        }
    }

    /// <summary>
    /// A UUID of version 8 (RFC 9562) from what makes the entry this one, so that reading the file again, also one that
    /// was written later, gives the same. How often it was tried and where its peer was then are not part of that.
    /// </summary>
    /// <param name="entry">The entry.</param>
    /// <param name="before">How many that are the same in everything stand before it.</param>
    private static Guid IdOf(StoredOlder entry, int before)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("pluginnode/outbox-import/1\0"u8);
        Add(Encoding.UTF8.GetBytes(entry.Did));
        Add(Encoding.UTF8.GetBytes(entry.Addr.Id));
        Add(Encoding.UTF8.GetBytes(entry.DataType?.ToString(CultureInfo.InvariantCulture) ?? ""));
        Add(Encoding.UTF8.GetBytes(entry.User));
        Add(entry.Payload ?? []);
        Add(Encoding.UTF8.GetBytes(entry.Protocol));
        Add(Encoding.UTF8.GetBytes(entry.AddedAt));
        Number(before);
        var bytes = hash.GetHashAndReset().AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);

        void Add(ReadOnlySpan<byte> part)
        {
            Number(part.Length);
            hash.AppendData(part);
        }

        void Number(int value)
        {
            Span<byte> number = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, value);
            hash.AppendData(number);
        }
    }
}
