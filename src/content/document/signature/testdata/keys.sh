set -e
# A CA and two signers (RSA, P-256), self made.
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 36500 -sha256 -utf8 -subj "/C=VN/O=Ban Cơ yếu Chính phủ/CN=CA phục vụ các cơ quan Nhà nước G2" 2>/dev/null
mk(){ # name newkey subject ca
 openssl req -newkey $2 $5 -nodes -keyout $1.key -out $1.csr -utf8 -subj "$3" 2>/dev/null
 printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,nonRepudiation\nsubjectKeyIdentifier=hash\nextendedKeyUsage=emailProtection\nsubjectAltName=email:vanthu@example.vn\n' > ext
 openssl x509 -req -in $1.csr -CA $4.crt -CAkey $4.key -CAcreateserial -days 36500 -sha256 -extfile ext -out $1.crt 2>/dev/null
}
mk rsa rsa:2048 "/C=VN/O=Sở Khoa học và Công nghệ/CN=Nguyễn Văn Thử" ca
mk ec ec "/C=VN/O=Sở Khoa học và Công nghệ/CN=Trần Thị Mẫu" ca "-pkeyopt ec_paramgen_curve:P-256"
