"""Signs a DOCX as Office does and an ODT as LibreOffice does, with lxml's C14N and OpenSSL's RSA and ECDSA."""
import base64, hashlib, zipfile, sys
from lxml import etree
from cryptography.hazmat.primitives import serialization, hashes
from cryptography.hazmat.primitives.asymmetric import padding, ec, utils
DS="http://www.w3.org/2000/09/xmldsig#"; C14N="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA256="http://www.w3.org/2001/04/xmlenc#sha256"
REL="http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
def load(n):
    k=serialization.load_pem_private_key(open(n+'.key','rb').read(),None)
    c=''.join(l for l in open(n+'.crt') if '---' not in l).strip()
    return k,c
def c14n(x):
    # lxml writes xmlns="" into an element that is not the root: parsed anew as one.
    if isinstance(x,etree._Element): x=etree.fromstring(etree.tostring(x,with_tail=False)).getroottree()
    return etree.tostring(x,method='c14n')
def dig(b): return base64.b64encode(hashlib.sha256(b).digest()).decode()
def value(key,data):
    if isinstance(key,ec.EllipticCurvePrivateKey):
        r,s=utils.decode_dss_signature(key.sign(data,ec.ECDSA(hashes.SHA256())))
        return base64.b64encode(r.to_bytes(32,'big')+s.to_bytes(32,'big')).decode()
    return base64.b64encode(key.sign(data,padding.PKCS1v15(),hashes.SHA256())).decode()
def rels(b,ids):
    root=etree.fromstring(b); ns=root.tag.split('}')[0]+'}'
    keep=sorted((r for r in root if r.get('Id') in ids),key=lambda r:r.get('Id'))
    new=etree.Element(root.tag,nsmap={None:ns[1:-1]})
    for r in keep:
        e=etree.SubElement(new,ns+'Relationship',dict(r.attrib))
        if 'TargetMode' not in e.attrib: e.set('TargetMode','Internal')
    return c14n(new)
def docx(src,out,n):
    key,cert=load(n); z=zipfile.ZipFile(src); refs=''
    for name in sorted(z.namelist()):
        low=name.lower()
        if low=='[content_types].xml' or low.startswith('docprops/'): continue
        b=z.read(name)
        if low.endswith('.rels'):
            ids=[r.get('Id') for r in etree.fromstring(b) if 'docProps' not in r.get('Target')]
            t=''.join(f'<mdssi:RelationshipReference xmlns:mdssi="http://schemas.openxmlformats.org/package/2006/digital-signature" SourceId="{i}"/>' for i in ids)
            refs+=f'<Reference URI="/{name}?ContentType=application/vnd.openxmlformats-package.relationships+xml"><Transforms><Transform Algorithm="{REL}">{t}</Transform><Transform Algorithm="{C14N}"/></Transforms><DigestMethod Algorithm="{SHA256}"/><DigestValue>{dig(rels(b,ids))}</DigestValue></Reference>'
        else:
            refs+=f'<Reference URI="/{name}?ContentType=application/xml"><DigestMethod Algorithm="{SHA256}"/><DigestValue>{dig(b)}</DigestValue></Reference>'
    obj=f'<Object Id="idPackageObject"><Manifest>{refs}</Manifest><SignatureProperties><SignatureProperty Id="idSignatureTime" Target="#idPackageSignature"><mdssi:SignatureTime xmlns:mdssi="http://schemas.openxmlformats.org/package/2006/digital-signature"><mdssi:Format>YYYY-MM-DDThh:mm:ssTZD</mdssi:Format><mdssi:Value>2026-06-05T07:00:00Z</mdssi:Value></mdssi:SignatureTime></SignatureProperty></SignatureProperties></Object>'
    props='<Object><xd:QualifyingProperties xmlns:xd="http://uri.etsi.org/01903/v1.3.2#" Target="#idPackageSignature"><xd:SignedProperties Id="idSignedProperties"><xd:SignedSignatureProperties><xd:SigningTime>2026-06-05T07:00:00Z</xd:SigningTime></xd:SignedSignatureProperties></xd:SignedProperties></xd:QualifyingProperties></Object>'
    def build(d1,d2,v): return (f'<?xml version="1.0" encoding="UTF-8"?>\r\n<Signature xmlns="{DS}" Id="idPackageSignature"><SignedInfo><CanonicalizationMethod Algorithm="{C14N}"/><SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><Reference Type="http://www.w3.org/2000/09/xmldsig#Object" URI="#idPackageObject"><DigestMethod Algorithm="{SHA256}"/><DigestValue>{d1}</DigestValue></Reference><Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#idSignedProperties"><Transforms><Transform Algorithm="{C14N}"/></Transforms><DigestMethod Algorithm="{SHA256}"/><DigestValue>{d2}</DigestValue></Reference></SignedInfo><SignatureValue>{v}</SignatureValue><KeyInfo><X509Data><X509Certificate>{cert}</X509Certificate></X509Data></KeyInfo>{obj}{props}</Signature>').encode()
    find=lambda x,i: x.xpath(f'//*[@Id="{i}"]')[0]
    x=etree.fromstring(build('','',''))
    d1,d2=dig(c14n(find(x,'idPackageObject'))),dig(c14n(find(x,'idSignedProperties')))
    x=etree.fromstring(build(d1,d2,''))
    v=value(key,c14n(x[0])); write(z,out,'_xmlsignatures/sig1.xml',build(d1,d2,v))
def odt(src,out,n,skip=()):
    key,cert=load(n); z=zipfile.ZipFile(src); refs=''
    for name in z.namelist():
        if name.endswith('/') or name in skip: continue
        b=z.read(name)
        if name.endswith('.xml'): refs+=f'<Reference URI="{name}"><Transforms><Transform Algorithm="{C14N}"/></Transforms><DigestMethod Algorithm="{SHA256}"/><DigestValue>{dig(c14n(etree.fromstring(b).getroottree()))}</DigestValue></Reference>'
        else: refs+=f'<Reference URI="{name}"><DigestMethod Algorithm="{SHA256}"/><DigestValue>{dig(b)}</DigestValue></Reference>'
    obj='<Object><SignatureProperties><SignatureProperty Id="ID_1" Target="#ID_0"><dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">2026-06-05T07:00:00.5</dc:date></SignatureProperty></SignatureProperties></Object>'
    alg='ecdsa-sha256' if n=='ec' else 'rsa-sha256'
    def build(d,v): return (f'<?xml version="1.0" encoding="UTF-8"?>\n<document-signatures xmlns="urn:oasis:names:tc:opendocument:xmlns:digitalsignature:1.0"><Signature xmlns="{DS}" Id="ID_0"><SignedInfo><CanonicalizationMethod Algorithm="{C14N}"/><SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#{alg}"/>{refs}<Reference URI="#ID_1"><DigestMethod Algorithm="{SHA256}"/><DigestValue>{d}</DigestValue></Reference></SignedInfo><SignatureValue>{v}</SignatureValue><KeyInfo><X509Data><X509Certificate>{cert}</X509Certificate></X509Data></KeyInfo>{obj}</Signature></document-signatures>').encode()
    x=etree.fromstring(build('','')); d=dig(c14n(x.xpath('//*[@Id="ID_1"]')[0]))
    x=etree.fromstring(build(d,'')); v=value(key,c14n(x[0][0])); write(z,out,'META-INF/documentsignatures.xml',build(d,v))
def write(z,out,name,data):
    o=zipfile.ZipFile(out,'w',zipfile.ZIP_DEFLATED)
    for i in z.infolist(): o.writestr(i,z.read(i.filename))
    o.writestr(name,data); o.close()
T='/work/wt/enc/src/content/document/testdata/'
docx(T+'writer.docx','office.docx','rsa'); odt(T+'writer.odt','whole.odt','ec'); odt(T+'writer.odt','part.odt','rsa',skip=('settings.xml',))
