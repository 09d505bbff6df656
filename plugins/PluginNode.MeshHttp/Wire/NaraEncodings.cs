using System.Text;

namespace PluginNode.MeshHttp.Wire;

/// <summary>How header values are encoded: names are raw UTF-8, as Go writes them; for everything else the servers' and
/// clients' own way holds.</summary>
internal static class NaraEncodings
{
    // what is not UTF-8 becomes another name, which nobody has
    public static Encoding? Of(string header) =>
        header.Equals(NaraHead.NameHeader, StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8 : null;
}
