"""A realistic FastAPI service; prints the OpenAPI document that FastAPI makes of it, unmodified.

    python fastapi_service.py > ../fastapi.json
"""
import json
from datetime import datetime
from enum import Enum
from typing import Annotated, Literal, Optional, Union
from uuid import UUID

from fastapi import APIRouter, Body, Cookie, Depends, FastAPI, File, Form, Header, Path, Query, UploadFile
from fastapi.responses import PlainTextResponse, StreamingResponse
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel, Field, SecretStr

app = FastAPI(title="Orders", version="2.3.1", description="Takes orders and delivers them.")
router = APIRouter(prefix="/api/v1")
bearer = OAuth2PasswordBearer(tokenUrl="token")


class State(str, Enum):
    open = "open"
    paid = "paid"
    cancelled = "cancelled"


class Address(BaseModel):
    street: str
    city: str
    zip_code: Annotated[str, Field(min_length=4, max_length=10)]


class Line(BaseModel):
    sku: str
    quantity: Annotated[int, Field(gt=0, le=1000)] = 1


class OrderIn(BaseModel):
    customer: str
    lines: list[Line]
    address: Optional[Address] = None
    express: bool = False
    tags: list[str] = []
    labels: dict[str, str] = {}
    coupon: Union[str, int, None] = None


class Order(OrderIn):
    id: UUID
    state: State
    created_at: datetime
    total: float


class Page(BaseModel):
    items: list[Order]
    total: int
    next_cursor: Optional[str] = None


class CardPayment(BaseModel):
    kind: Literal["card"]
    number: SecretStr


class InvoicePayment(BaseModel):
    kind: Literal["invoice"]
    address: Address


@app.get("/")
async def read_root():
    return {"service": "orders"}


@app.get("/healthz")
def healthz() -> str:
    return "ok"


@router.get("/orders", response_model=Page, tags=["orders"])
def list_orders(
    state: Optional[State] = None,
    since: Optional[datetime] = None,
    tag: Annotated[Optional[list[str]], Query(description="Only orders with this tag")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Optional[str] = None,
    namespace: Optional[str] = None,
    token: str = Depends(bearer),
):
    """List orders, the newest first.

    The answer has one page of them.
    """


@router.post("/orders", response_model=Order, status_code=201, tags=["orders"])
def create_order(order: OrderIn, dry_run: bool = False, x_request_id: Annotated[Optional[str], Header()] = None):
    """Take an order."""


@router.get("/orders/{order_id}", response_model=Order, tags=["orders"])
def read_order(order_id: UUID):
    pass


@router.put("/orders/{order_id}", response_model=Order, tags=["orders"])
def replace_order(order_id: UUID, order: OrderIn):
    pass


@router.patch("/orders/{order_id}", tags=["orders"])
def update_order(order_id: UUID, address: Annotated[Optional[Address], Body(embed=True)] = None):
    pass


@router.delete("/orders/{order_id}", status_code=204, tags=["orders"])
def delete_order(order_id: UUID):
    pass


@router.post("/orders/{order_id}/cancel", tags=["orders"])
def cancel_order(order_id: UUID, reason: Annotated[str, Body(embed=True, max_length=200)]) -> Order:
    pass


@router.post("/orders/{order_id}/payment", tags=["orders"])
def pay_order(order_id: UUID, payment: Annotated[Union[CardPayment, InvoicePayment], Field(discriminator="kind")]):
    pass


@router.get("/orders/{order_id}/log", response_class=PlainTextResponse, tags=["orders"])
def order_log(order_id: UUID, tail: Annotated[int, Query(ge=1)] = 200):
    pass


@router.get("/customers", tags=["customers"])
def get_customers():
    return []


@router.get("/customers/{name}")
def get_customer(name: Annotated[str, Path(max_length=63)]):
    return {}


@router.get("/tags")
def get_tags() -> list[str]:
    return []


@router.get("/stats")
def stats(by: Literal["day", "week"] = "day") -> dict[str, int]:
    return {}


@router.post("/import")
async def import_orders(file: UploadFile, note: Annotated[str, Form()] = ""):
    pass


@router.post("/login")
def login(username: Annotated[str, Form()], password: Annotated[SecretStr, Form()]):
    pass


@router.get("/export", response_class=StreamingResponse)
def export(session: Annotated[Optional[str], Cookie()] = None):
    pass


@router.post("/search")
def search(query: Annotated[str, Body(embed=True)]) -> list[Order]:
    return []


@router.get("/files/{file_path:path}")
def read_file(file_path: str):
    pass


app.include_router(router)
print(json.dumps(app.openapi(), indent=1))
