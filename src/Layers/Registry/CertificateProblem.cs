using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Skiff.Layers.Registry;

/// <summary>What is wrong with a server's certificate, in plain words.</summary>
public static class CertificateProblem
{
    /// <summary>The first of what is wrong, the plainest first.</summary>
    public static string Of(string? host, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 leaf) return "it has shown no certificate";
        X509ChainStatusFlags status = X509ChainStatusFlags.NoError;
        foreach (X509ChainStatus one in chain?.ChainStatus ?? []) status |= one.Status;
        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid) && OutOfTime(leaf, chain!) is { } time) return time;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return $"its certificate is for {Names(leaf)}, not for {host}";
        if ((status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
            return leaf.Issuer == leaf.Subject ? $"its certificate is self-signed ({leaf.Subject})"
                : $"its certificate is signed by an unknown authority ({leaf.Issuer})";
        return $"its certificate is not valid: {status}";
    }

    private static string? OutOfTime(X509Certificate2 leaf, X509Chain chain)
    {
        DateTime now = DateTime.Now;
        foreach (X509ChainElement element in chain.ChainElements)
        {
            X509Certificate2 one = element.Certificate;
            string whose = one.Equals(leaf) ? "its certificate" : $"the authority {one.Subject} of its certificate";
            if (now > one.NotAfter) return $"{whose} has expired on {Date(one.NotAfter)}";
            if (now < one.NotBefore)
                return $"{whose} is not valid before {Date(one.NotBefore)}, and this host's clock says {Date(now)}";
        }
        return null;
    }

    private static string Date(DateTime time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture);

    private static string Names(X509Certificate2 leaf)
    {
        List<string> names = [];
        foreach (X509Extension extension in leaf.Extensions)
            if (extension is X509SubjectAlternativeNameExtension alternatives)
            {
                names.AddRange(alternatives.EnumerateDnsNames());
                foreach (System.Net.IPAddress address in alternatives.EnumerateIPAddresses())
                    names.Add(address.ToString());
            }
        return names.Count > 0 ? string.Join(", ", names) : leaf.Subject;
    }
}
