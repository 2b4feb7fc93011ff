import sys
from pyhanko.sign import signers, fields, timestamps
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from io import BytesIO
src=open('/work/wt/enc/src/content/document/testdata/plain.pdf','rb').read()
def signer(name, pss=False):
    return signers.SimpleSigner.load(f'{name}.key', f'{name}.crt', ca_chain_files=('ca.crt',), prefer_pss=pss)
def sign(data, name, out, md='sha256', sub=None, pss=False, field='Sig1', size=None):
    w=IncrementalPdfFileWriter(BytesIO(data), strict=False)
    meta=signers.PdfSignatureMetadata(field_name=field, md_algorithm=md, subfilter=sub, use_pades_lta=False)
    o=signers.PdfSigner(meta, signer=signer(name,pss)).sign_pdf(w, bytes_reserved=size)
    open(out,'wb').write(o.getvalue()); return o.getvalue()
a=sign(src,'rsa','rsa.pdf')
sign(src,'ec','pades-ec.pdf',sub=SigSeedSubFilter.PADES)
sign(src,'rsa','pss.pdf',md='sha512',pss=True)
sign(src,'rsa','sha1.pdf',md='sha1')
sign(a,'ec','two.pdf',field='Sig2')
# an incremental update behind the signature
w=IncrementalPdfFileWriter(BytesIO(a), strict=False)
w.root['/Note']=generic.pdf_string('added later'); w.update_root()
o=BytesIO(); w.write(o); open('updated.pdf','wb').write(o.getvalue())
