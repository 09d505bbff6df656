using System.Globalization;
using System.Text;
using PluginNode.Identity;

namespace PluginNode.Mqtt.Wire;

/// <summary>
/// A node's word that it is there or went away, as people who watch a broker can read it: <c>up</c> or <c>down</c>, the
/// session (32 hexadecimal digits), the number of its connection in it, the largest packet that it takes in bytes, and
/// the base64 of the signature over what stands before it; one space between them.
/// </summary>
/// <param name="IsUp">Whether it is there.</param>
/// <param name="Session">Drawn when it started.</param>
/// <param name="Connection">Ascends from 1 in a session; 0 where it went away.</param>
/// <param name="MaxPacketBytes">At least 65 536.</param>
internal readonly record struct PresenceText(bool IsUp, UInt128 Session, uint Connection, int MaxPacketBytes)
{
    private const string Use = "mqtt-presence";
    private const int Most = 256;
    private const int LeastPacket = 65_536;

    public byte[] Write(ISigner signer)
    {
        var text = Text();
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes];
        signer.Sign(Use, Encoding.ASCII.GetBytes(text), signature);
        return Encoding.ASCII.GetBytes($"{text} {Convert.ToBase64String(signature)}");
    }

    /// <summary>Reads what that peer has signed; null for anything else.</summary>
    public static PresenceText? Read(ReadOnlySpan<byte> payload, PeerId by, ISigner signer)
    {
        if (payload.Length > Most || !Ascii.IsValid(payload)) return null;
        var text = Encoding.ASCII.GetString(payload);
        var parts = text.Split(' ');
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes];
        var numbers = CultureInfo.InvariantCulture;
        if (parts.Length != 5 || parts[0] is not ("up" or "down") || parts[1].Length != 32
            || !UInt128.TryParse(parts[1], NumberStyles.AllowHexSpecifier, numbers, out var session)
            || !uint.TryParse(parts[2], NumberStyles.None, numbers, out var connection)
            || !int.TryParse(parts[3], NumberStyles.None, numbers, out var most) || most < LeastPacket
            || !Convert.TryFromBase64String(parts[4], signature, out var length) || length != signature.Length)
            return null;
        var presence = new PresenceText(parts[0] == "up", session, connection, most);
        // in the one way in which it would be written: no other case of hexadecimal, no white space in base64
        var signed = presence.Text();
        return text == $"{signed} {Convert.ToBase64String(signature)}"
            && signer.Verify(by, Use, Encoding.ASCII.GetBytes(signed), signature) ? presence : null;
    }

    private string Text() => string.Create(
        CultureInfo.InvariantCulture, $"{(IsUp ? "up" : "down")} {Session:x32} {Connection} {MaxPacketBytes}");
}
