using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace PluginNode.Architecture;

/// <summary>One assembly, seen through its metadata only: nothing of it is loaded.</summary>
/// <param name="Project">The project's name.</param>
/// <param name="Path">The file.</param>
internal sealed record BuiltAssembly(string Project, string Path)
{
    private const string GeneratedDocumentation = "Microsoft.AspNetCore.OpenApi.Generated";

    /// <summary>Names of the assemblies that it really uses; the compiler leaves the others out.</summary>
    public IReadOnlyList<string> References => Read(metadata => metadata.AssemblyReferences
        .Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name)).ToList());

    /// <summary>Full names of the types of other assemblies that it uses.</summary>
    public IReadOnlyList<string> TypeReferences => Read(metadata => metadata.TypeReferences
        .Select(metadata.GetTypeReference)
        .Select(t => metadata.GetString(t.Namespace) + "." + metadata.GetString(t.Name)).ToList());

    /// <summary>
    /// Every string literal that its code loads. What the OpenAPI generator made of doc comments is left out: an
    /// example in a comment is no knowledge of the code.
    /// </summary>
    public IReadOnlyList<string> Literals
    {
        get
        {
            using var file = File.OpenRead(Path);
            using var image = new PEReader(file);
            var metadata = image.GetMetadataReader();
            return metadata.TypeDefinitions.Where(t => NamespaceOf(metadata, t) != GeneratedDocumentation)
                .SelectMany(t => metadata.GetTypeDefinition(t).GetMethods())
                .Select(m => metadata.GetMethodDefinition(m).RelativeVirtualAddress).Where(a => a != 0)
                .SelectMany(a => LiteralsIn(metadata, image.GetMethodBody(a).GetILBytes()!))
                .Distinct(StringComparer.Ordinal).ToList();
        }
    }

    public override string ToString() => Project;

    private static string NamespaceOf(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? NamespaceOf(metadata, outer) : metadata.GetString(type.Namespace);
    }

    // A literal is loaded by ldstr (0x72) and a token whose highest byte is 0x70. Bytes that only look so and name a
    // literal at all do no harm; none that is loaded is missed.
    private static IEnumerable<string> LiteralsIn(MetadataReader metadata, byte[] code)
    {
        var heap = metadata.GetHeapSize(HeapIndex.UserString);
        for (var i = 0; i + 5 <= code.Length; i++)
        {
            if (code[i] != 0x72 || code[i + 4] != 0x70) continue;
            var offset = code[i + 1] | (code[i + 2] << 8) | (code[i + 3] << 16);
            if (offset < heap) yield return metadata.GetUserString(MetadataTokens.UserStringHandle(offset));
        }
    }

    private T Read<T>(Func<MetadataReader, T> read)
    {
        using var file = File.OpenRead(Path);
        using var image = new PEReader(file);
        return read(image.GetMetadataReader());
    }
}
