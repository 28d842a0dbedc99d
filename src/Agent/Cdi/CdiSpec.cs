using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop;

namespace Skiff.Agent.Cdi;

/// <summary>One file of a vendor: devices of one kind (CDI specification, "CDI JSON Specification").</summary>
/// <param name="Path">The file.</param>
/// <param name="Edits">What using any of its devices changes.</param>
/// <param name="Devices">What each device changes besides.</param>
internal sealed record CdiSpec(string Path, CdiEdits Edits, IReadOnlyList<(CdiName Name, CdiEdits Edits)> Devices)
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a file; YAML if its name says so.</summary>
    /// <exception cref="UsageException">What is wrong, with the file and the place.</exception>
    public static CdiSpec Read(string path)
    {
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] content);
        if (errno != Errno.None) throw new UsageException($"{path}: {ErrnoText.Of(errno)}", 125);
        try
        {
            if (path.EndsWith(".yaml", StringComparison.Ordinal)) content = YamlDocument.ToJson(content);
            using JsonDocument document = JsonDocument.Parse(content, s_strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new UsageException($"an object is wanted, and it is a JSON {document.RootElement.ValueKind}");
            return Read(path, new SpecNode(document.RootElement, ""));
        }
        catch (Exception e) when (e is JsonException or UsageException)
        {
            throw new UsageException($"{path}: {e.Message}", 125);
        }
    }

    private static CdiSpec Read(string path, SpecNode document)
    {
        document.Only("cdiVersion", "kind", "annotations", "devices", "containerEdits");
        CdiVersion version = CdiVersion.Read(document);
        version.Require(document, "annotations", "0.6.0");
        document.Pairs("annotations");
        string kind = document.Text("kind");
        if (!CdiName.IsKind(kind)) throw document.Wrong("kind", $"is \"{kind}\", VENDOR/CLASS is wanted");
        if (kind[kind.IndexOf('/')..].Contains('.'))
            version.Require(document, "kind", "0.6.0", "has a dot in its class: it ");
        var devices = document.Items("devices", node => ReadDevice(node, kind, version));
        if (devices.Length == 0) throw document.Wrong("devices", "has none");
        if (devices.GroupBy(device => device.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw document.Wrong("devices", $"has \"{twice.Key.Device}\" twice");
        CdiEdits edits = document.Child("containerEdits") is { } all ? CdiEdits.Read(all, version) : CdiEdits.None;
        return new CdiSpec(path, edits, devices);
    }

    private static (CdiName Name, CdiEdits Edits) ReadDevice(SpecNode node, string kind, CdiVersion version)
    {
        node.Only("name", "annotations", "containerEdits");
        version.Require(node, "annotations", "0.6.0");
        node.Pairs("annotations");
        string name = node.Text("name");
        if (!CdiName.IsDevice(name)) throw node.Wrong("name",
            $"is \"{name}\", letters and digits are wanted, with any of _-.: between them");
        if (char.IsAsciiDigit(name[0])) version.Require(node, "name", "0.5.0", "begins with a digit: it ");
        CdiEdits edits = node.Child("containerEdits") is { } own ? CdiEdits.Read(own, version) : CdiEdits.None;
        if (edits.IsEmpty) throw node.Wrong("containerEdits", "changes nothing");
        return (new CdiName(kind, name), edits);
    }
}
