using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using PluginNode.Plugins;

namespace PluginNode.Loading;

/// <summary>Reads a plugin's attribute and references from its metadata; runs nothing of it.</summary>
public static partial class ManifestReader
{
    private const string ContractsName = "PluginNode.Contracts";

    /// <exception cref="PluginLoadException">
    /// It is no .NET assembly, carries no plugin attribute, or a malformed one.
    /// </exception>
    public static PluginManifest Read(string dll)
    {
        try
        {
            using var file = File.OpenRead(dll);
            using var image = new PEReader(file);
            if (!image.HasMetadata) throw new PluginLoadException($"{dll} is no .NET assembly.");
            return Read(image.GetMetadataReader(), dll);
        }
        catch (Exception e) when (e is not PluginLoadException)
        {
            // damaged metadata shows in many ways, overflows included
            throw new PluginLoadException($"{dll} cannot be read as a .NET assembly: {e.Message}");
        }
    }

    private static PluginManifest Read(MetadataReader metadata, string dll)
    {
        Version? contracts = null;
        foreach (var handle in metadata.AssemblyReferences)
        {
            var reference = metadata.GetAssemblyReference(handle);
            if (metadata.StringComparer.Equals(reference.Name, ContractsName)) contracts = reference.Version;
        }
        foreach (var handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            var attribute = metadata.GetCustomAttribute(handle);
            if (!IsPluginAttribute(metadata, attribute)) continue;
            var values = attribute.DecodeValue(new AttributeTypes()).FixedArguments;
            if (values.Length < 3 || values[0].Value is not string id || values[1].Value is not string entry
                || values[2].Value is not string version || !IdPattern().IsMatch(id))
                throw new PluginLoadException(
                    $"{dll}: its [assembly: Plugin(id, entry, version)] is malformed; "
                    + "the id must match [a-z0-9][a-z0-9-]{0,63}.");
            var unload = values.Length > 3 && values[3].Value is int u ? (UnloadSupport)u : UnloadSupport.Supported;
            return new PluginManifest(id, entry.Split(',')[0], version, unload, contracts);
        }
        throw new PluginLoadException($"{dll} has no [assembly: Plugin(…)]: it is not a plugin.");
    }

    private static bool IsPluginAttribute(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference) return false;
        var member = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor);
        if (member.Parent.Kind != HandleKind.TypeReference) return false;
        var type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
        return metadata.StringComparer.Equals(type.Name, nameof(PluginAttribute))
            && metadata.StringComparer.Equals(type.Namespace, "PluginNode.Plugins");
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex IdPattern();

    /// <summary>Types by name, as text: enough to decode strings, a type and an enum.</summary>
    private sealed class AttributeTypes : ICustomAttributeTypeProvider<string>
    {
        public string GetPrimitiveType(PrimitiveTypeCode code) => code.ToString();
        public string GetSystemType() => "System.Type";
        public string GetSZArrayType(string element) => element + "[]";
        public string GetTypeFromSerializedName(string name) => name;
        public PrimitiveTypeCode GetUnderlyingEnumType(string type) => PrimitiveTypeCode.Int32;
        public bool IsSystemType(string type) => type == "System.Type";

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte kind)
        {
            var type = reader.GetTypeDefinition(handle);
            return reader.GetString(type.Namespace) + "." + reader.GetString(type.Name);
        }

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte kind)
        {
            var type = reader.GetTypeReference(handle);
            return reader.GetString(type.Namespace) + "." + reader.GetString(type.Name);
        }
    }
}
