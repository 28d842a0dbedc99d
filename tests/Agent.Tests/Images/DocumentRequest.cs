using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

/// <summary>What is fetched on the way to an image, in this order.</summary>
public enum Document
{
    Token,
    Manifest,
    Config,
    Layer,
}

/// <summary>A request for a document, and what should come of it.</summary>
/// <param name="Registry">Who is asked.</param>
/// <param name="Image">What is pulled.</param>
/// <param name="Path">As asked for.</param>
/// <param name="Count">How often it was asked for before.</param>
/// <param name="Body">The right answer.</param>
/// <param name="Type">Its media type.</param>
public sealed record DocumentRequest(
    TestRegistry Registry, TestImage Image, string Path, int Count, byte[] Body, string Type)
{
    /// <summary>Wants a token to be bought.</summary>
    public Answer Challenge() => Answer.Text(401, "").With(
        "WWW-Authenticate", $"Bearer realm=\"http://{Registry.Host}/token\",service=\"reg\"");

    /// <summary>Of the document's type.</summary>
    public Answer Typed(Answer answer) => answer.With("Content-Type", Type);

    /// <summary>As a registry answers that says which manifest it has.</summary>
    public Answer Named(Answer answer) =>
        Typed(answer).With("Docker-Content-Digest", TestRegistry.Sha(Body).ToString());

    /// <summary>A document made of text.</summary>
    public Answer Text(string body) => Typed(Answer.Text(200, body));

    /// <summary>The right manifest with one piece of its text exchanged.</summary>
    public Answer Changed(string old, string text) => Text(Replaced(Encoding.UTF8.GetString(Body), old, text));

    /// <summary>A manifest for another config than the image's.</summary>
    public Answer WithConfig(string config)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(config);
        Registry.AddBlob(DocumentFault.Repository, bytes);
        return Typed(new Answer { Body = Image.Manifest(bytes) });
    }

    /// <summary>A manifest for the image's config with one piece of that exchanged.</summary>
    public Answer WithConfig(string old, string text) =>
        WithConfig(Replaced(Encoding.UTF8.GetString(Image.Config()), old, text));

    /// <summary>An index with one manifest, for every platform that there may be.</summary>
    public Answer Index(string type, Digest digest, long size) => Answer.Text(200, $$"""
        {"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[
         {"mediaType":"{{type}}","digest":"{{digest}}","size":{{size}},
          "platform":{"os":"linux","architecture":"{{Platform.Host.Architecture}}"} }]}
        """).With("Content-Type", MediaTypes.OciIndex);

    private static string Replaced(string text, string old, string with)
    {
        Assert.Contains(old, text);
        return text.Replace(old, with);
    }
}
